import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import test, { after, before, describe } from "node:test";

import { startScoringServer, type ScoringServer } from "sightbook";

import type { MonitorState } from "../../widgets/state/index.js";
import { KernelClient } from "../kernel/client.js";
import { answer, startServer } from "../loadtest/scripted-server.js";
import { colourImage, green, red, writeColourBundle } from "../serving/colour-bundle.js";
import { temporaryFolder } from "../support.js";
import { WidgetClient } from "./widget-client.js";

describe("a load test in a kernel", () => {
  const folder = temporaryFolder();
  let server: ScoringServer;
  let kernel: KernelClient;
  before(async () => {
    server = await startScoringServer({ bundle: await writeColourBundle(), workers: 1 });
    writeFileSync(join(folder, "red.png"), await colourImage(red));
    writeFileSync(join(folder, "green.png"), await colourImage(green));
    kernel = await KernelClient.start(folder);
    await kernel.run(`import { loadTest } from "sightbook";
      const service = { url: "${server.url}", images: ["red.png", "green.png"] };`);
  });
  after(async () => {
    await kernel.stop();
    await server.close();
  });

  const open = (code: string): Promise<WidgetClient<MonitorState>> =>
    WidgetClient.open<MonitorState>(kernel, "MonitorView", code);

  test("shows itself: what it ends with is what the report says", async () => {
    const widget = await open(
      `const report = await loadTest({ ...service, durationSeconds: 2, steps: [{ connections: 1 }, { rate: 40 }] });`,
    );
    const { region, title, phase, message, bars, charts, table, notes, facts, secondsLeft } = widget.state;
    assert.deepEqual(
      [region, title, phase],
      ["Load test", `Load test of ${server.url}/v1/predict`, "finished"],
    );
    assert.match(message, /^Finished: \d+ requests, none failed\.$/);
    assert.deepEqual(
      bars.map(({ name, done, total }) => [name, done, total]),
      [
        ["Step", 2, 2],
        ["Time", 2, 2],
      ],
    );
    assert.equal(secondsLeft, null);
    const steps = (await widget.value("report.steps")) as {
      requests: number;
      timeline: { answers: number; p50: number; serverTimes: Record<string, { p50: number; p99: number }> }[];
    }[];
    assert.deepEqual(
      table.rows.map(([step, load, , requests, failed]) => [step, load, requests, failed]),
      [
        ["1", "1 connection", String(steps[0]!.requests), "0"],
        ["2", "40.0 requests/s (poisson)", String(steps[1]!.requests), "0"],
      ],
    );
    const [, latency, serverMedians] = charts;
    assert.deepEqual(
      charts.map((chart) => [chart.title, ...chart.lines.map(({ name }) => name)]),
      [
        ["Per second", "answers", "failed"],
        ["Latency (ms)", "p50", "p90", "p99"],
        ["In the server, p50 (ms)", "queue", "decode", "inference"],
        ["In the server, p99 (ms)", "queue", "decode", "inference"],
      ],
    );
    const timeline = steps.flatMap((step) => step.timeline);
    assert.equal(latency!.lines[0]!.y.length, timeline.length);
    latency!.lines[0]!.y.forEach((p50, i) => {
      assert.ok(Math.abs(p50! - timeline[i]!.p50) <= 0.001 * p50!);
    });
    serverMedians!.lines.forEach(({ name, y }) => {
      const told = timeline.map(({ serverTimes }) => serverTimes[name]?.p50 ?? null);
      y.forEach((p50, i) => {
        assert.ok(p50 === told[i] || Math.abs(p50! - told[i]!) <= 0.001 * p50!, `${name} ${p50} ${told[i]}`);
      });
    });
    assert.deepEqual(
      facts.map(([name]) => name),
      [
        "Answers per second",
        "p50",
        "p90",
        "p99",
        "Failed",
        "In the server: queue, p50 and p99",
        "In the server: decode, p50 and p99",
        "In the server: inference, p50 and p99",
        "Load generator busy",
      ],
    );
    assert.match(notes.at(-1)!, /corrected for coordinated omission/);
    const lastDisplay = kernel.received
      .filter(({ header }) => header.msg_type === "update_display_data")
      .at(-1);
    const data = lastDisplay!.content["data"] as Record<string, string>;
    assert.match(data["text/html"]!, /<svg[^]*<table/, "the report is its static form");
  });

  test("failures are told by kind, and counted beside the answers", async () => {
    const { url } = await startServer((number, response) => {
      if (number % 4 === 0) response.writeHead(503).end("the queue is full");
      else answer(response);
    });
    const widget = await open(`await loadTest({ ...service, url: "${url}", requests: 40, connections: 1 });`);
    const { phase, message, bars, notes, table } = widget.state;
    assert.deepEqual([phase, message], ["finished", "Finished: 40 requests, 10 failed."]);
    assert.deepEqual(bars, [{ name: "Requests", done: 40, total: 40, text: "40 of 40" }]);
    assert.equal(notes[0], "10 × status 503: the queue is full");
    assert.equal(table.rows[0]![table.columns.indexOf("Failed")], "10");
  });

  test("a press of Stop ends it, and the report keeps what was measured", async () => {
    const known = new Set(kernel.received);
    const id = await kernel.sendCell(
      `const stopped = await loadTest({ ...service, durationSeconds: 600, connections: 2 });
       console.log(stopped.state, stopped.steps.length);`,
    );
    const opened = await kernel.wait(
      (message) => !known.has(message) && message.header.msg_type === "comm_open",
    );
    const progress = await kernel.wait(
      ({ header, content }) =>
        header.msg_type === "comm_msg" &&
        content["comm_id"] === opened.content["comm_id"] &&
        JSON.stringify(content).includes("answers"),
    );
    assert.ok(progress);
    await kernel.send("comm_msg", {
      comm_id: opened.content["comm_id"]!,
      data: { method: "custom", content: { stop: true } },
    });
    await kernel.idle(id);
    const printed = kernel.received.find(
      (message) => !known.has(message) && message.header.msg_type === "stream",
    );
    assert.match(printed!.content["text"] as string, /^interrupted 1/);
    assert.equal(await kernel.run("stopped.steps[0].answers > 0").then((cell) => cell.text), "true");
  });

  test("none is shown when none is wanted", async () => {
    await assert.rejects(
      open(`await loadTest({ ...service, requests: 20, progress: "none" });`),
      /opened no MonitorView/,
    );
  });
});
