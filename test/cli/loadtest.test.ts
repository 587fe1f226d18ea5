import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test, { describe } from "node:test";

import { answer, startServer } from "../loadtest/scripted-server.js";
import { temporaryFolder } from "../support.js";
import { runCli } from "./run-cli.js";

describe("sightbook loadtest", () => {
  const folder = temporaryFolder();
  const image = join(folder, "a.jpg");
  writeFileSync(image, Buffer.from([0xff, 0xd8, 0xff]));

  test("a list of connections makes steps; the key comes from a file; the report is printed and saved", async () => {
    const keys = new Set<string | undefined>();
    const { url } = await startServer((_, response, { message }) => {
      keys.add(message.headers.authorization);
      answer(response);
    });
    const keyFile = join(folder, "key");
    writeFileSync(keyFile, "k1\n");
    const output = join(folder, "load.html");
    const run = await runCli([
      ...["loadtest", url, "--image", folder, "--key-file", keyFile],
      ...["--connections", "1,3", "--requests", "20", "--output", output],
    ]);
    assert.equal(run.exitCode, 0, run.stderr);
    assert.match(run.stdout, /^load +answers\/s/m);
    assert.match(run.stdout, /^3 connections: [\d.]+ answers\/s over [\d.]+ s; 20 requests, none failed$/m);
    assert.match(run.stdout, /report: .*load\.html\n$/);
    assert.match(readFileSync(output, "utf8"), /<svg /);
    assert.deepEqual([...keys], ["Bearer k1"]);
  });

  test("Ctrl-C ends the test; what was measured is printed, and the exit code says so", async () => {
    let command: ChildProcess | undefined;
    const { url } = await startServer((number, response) => {
      answer(response);
      if (number === 20) command?.kill("SIGINT");
    });
    const run = await runCli(
      ["loadtest", url, "--image", image, "--rate", "50", "--duration", "10m", "--json"],
      {
        env: { SIGHTBOOK_KEY: "k2" },
        onStart: (child) => {
          command = child;
        },
      },
    );
    assert.equal(run.exitCode, 130, run.stderr);
    const report = run.json() as { state: string; steps: { answers: number; load: { rate: number } }[] };
    assert.equal(report.state, "interrupted");
    assert.equal(report.steps[0]!.load.rate, 50);
    assert.ok(report.steps[0]!.answers > 0);
  });

  for (const [args, exitCode, message] of [
    [
      ["http://127.0.0.1:1/score", "--image", image, "--find-limit"],
      2,
      /^error: loadtest: p99 must be given with --find-limit/,
    ],
    [
      [
        ...["http://127.0.0.1:1/score", "--image", image],
        ...["--find-limit", "--p99", "200ms", "--connections", "1,2"],
      ],
      2,
      /^error: loadtest: connections must be one number with --find-limit, got \[ 1, 2 \]\.$/m,
    ],
    [
      ["http://127.0.0.1:1/score", "--image", image, "--duration", "soon"],
      2,
      /It must be a time such as 200ms, 10s, 5m or 1h\./,
    ],
    [
      ["nowhere", "--image", image],
      2,
      /^error: loadTest: url must be an http or https address, got "nowhere"\.$/m,
    ],
    [
      ["http://127.0.0.1:1/score", "--image", image],
      1,
      /^error: loadTest: a first request to http:\/\/127\.0\.0\.1:1\/score failed: .*ECONNREFUSED.*; is the service up\.$/m,
    ],
    [
      ["http://127.0.0.1:1/score", "--image", join(folder, "none.jpg")],
      1,
      /none\.jpg: could not be read \(no such file or folder\)\.$/m,
    ],
  ] as const) {
    test(`exit code ${exitCode}: ${args.slice(1).join(" ").replaceAll(folder, "")}`, async () => {
      const run = await runCli(["loadtest", ...args]);
      assert.equal(run.exitCode, exitCode, run.stderr);
      assert.match(run.stderr, message);
      assert.equal(run.stdout, "");
    });
  }
});
