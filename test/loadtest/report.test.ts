import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import test, { before, describe } from "node:test";

import { display } from "../../src/display.js";
import { loadTest, LoadTestReport, type LoadTestData } from "../../src/loadtest/index.js";
import { temporaryFolder } from "../support.js";
import { stepOf } from "./example-step.js";
import { answer, startServer } from "./scripted-server.js";

describe("the report of a test with steps and failures", () => {
  const folder = temporaryFolder();
  let report: LoadTestReport;
  before(async () => {
    const { url } = await startServer((number, response) => {
      if (number % 10 === 0) response.writeHead(503).end("<b>full & busy</b>\u001b[2J\n\u202e");
      else answer(response, { "server-timing": "queue;dur=1, inference;dur=2" });
    });
    const images = [new Uint8Array([0xff, 0xd8])];
    report = await loadTest({
      url,
      images,
      steps: [
        { connections: 1, requests: 50 },
        { rate: 200, requests: 50 },
      ],
    });
  });

  test("is tables in a terminal", () => {
    const text = report.toString();
    assert.match(text, /^Load test of http:\/\/127\.0\.0\.1:\d+\/score, 1 image, \S+Z, finished\n/);
    assert.match(text, /^load +answers\/s +requests +failed +p50 ms +p95 ms +p99 ms +max ms$/m);
    assert.match(text, /^1 connection +[\d.]+ +50 +5 /m);
    assert.match(text, /^200\.0 requests\/s \(poisson\) +[\d.]+ +50 +5 /m);
    assert.match(text, /^ {2}in the server: inference +2\.00 +2\.00/m);
    assert.match(text, /^ {2}5 × status 503: <b>full & busy<\/b> \[2J$/m);
    assert.doesNotMatch(text.replaceAll("\n", ""), /[\p{Cc}\p{Cf}]/u, "no orders to the terminal");
    // The lines of a table are of one width.
    const table = text.split("\n").slice(2, 5);
    assert.equal(new Set(table.map((line) => line.length)).size, 1);
  });

  test("is a page that needs no network and runs no script", async () => {
    const path = join(folder, "load.html");
    await report.save(path);
    const page = readFileSync(path, "utf8");
    assert.match(page, /^<!doctype html>/);
    // By step and all together.
    assert.equal(page.match(/<table>/g)?.length, 3);
    // Four over time, by percentile and by load.
    assert.equal(page.match(/<svg /g)?.length, 6);
    for (const title of [
      "Per second",
      "Latency (ms)",
      "In the server, p50 (ms)",
      "In the server, p99 (ms)",
    ]) {
      assert.ok(page.includes(`>${title}</text>`), title);
    }
    assert.doesNotMatch(page, /<script|<link|<img|@import|url\(http/i);
    const references = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, target]) => target!);
    assert.deepEqual(
      references.filter((target) => !target.startsWith("#")),
      [],
    );
    // What the server says is text, never part of the page.
    assert.match(page, /&lt;b&gt;full &amp; busy&lt;\/b&gt;/);
    assert.doesNotMatch(page, /<b>/);
  });

  test("is JSON from which it can be made again", async () => {
    const path = join(folder, "load.json");
    await report.save(path);
    const data = JSON.parse(readFileSync(path, "utf8")) as LoadTestData;
    assert.equal(new LoadTestReport(data).toString(), report.toString());
    assert.equal(data.steps[0]!.answers, 45);
  });

  test("shows itself in a notebook", async () => {
    const bundle = await report[display]();
    assert.equal(bundle["text/plain"], report.toString());
    assert.match(String(bundle["text/html"]), /^<h3>Load test of http/);
  });

  test("is saved under two endings only", async () => {
    await assert.rejects(report.save("load.pdf"), {
      message: 'LoadTestReport.save: path must be a file name that ends in .html or .json, got "load.pdf".',
    });
  });
});

test("the report of a search draws its trials: what held and what broke, by rate", async () => {
  const trial = (rate: number, p99: number) => ({
    rate,
    held: p99 <= 100,
    reason: p99 <= 100 ? "" : `p99 ${p99} ms`,
    p99,
    isConfirmation: false,
  });
  const trials = [trial(10, 20), trial(20, 300), trial(20, 400), trial(14, 90)];
  const limit = {
    p99Ms: 100,
    rate: 14,
    brokenRate: 20,
    precision: 0.5,
    isConfirmed: false,
    rates: [10, 14, 20].map((rate) => ({ rate, held: rate < 20 })),
    trials,
  };
  const steps = trials.map(({ rate }) =>
    stepOf({ load: { loop: "open", connections: 256, rate, requests: 1 } }),
  );
  const report = new LoadTestReport({
    url: "http://127.0.0.1:1/score",
    contract: "score",
    images: 1,
    startedAt: "2026-11-30T00:00:00.000Z",
    timeoutMs: 1000,
    steps,
    limit,
    state: "finished",
  });
  const page = await report.toHTML();
  assert.ok(page.includes(">p99 (ms) by rate</text>"));
  assert.ok(!page.includes(">Latency (ms) by load</text>"));
  // Vega says of each mark what it is.
  const marks = page.match(/aria-label="[^"]*trial: (held|broke)"/g)!;
  assert.deepEqual(
    marks.map((mark) => mark.includes("broke")),
    [false, true, true, false],
  );
  assert.match(
    report.toString(),
    /^Highest load with a p99 of at most 100 ms: 14\.0 requests\/s held, 20\.0 broke; not confirmed\.\n {2}held: 10\.0, 14\.0 requests\/s\n {2}broke: 20\.0 requests\/s$/m,
  );
});
