/**
 * What the load generator itself can do: `node dist/test/bench/load-generator.js`. The server, a process of its own, answers at
 * once, so that what is measured is server and generator together; the last column is the rate at which the generator's
 * thread alone would be at work all the time.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpus } from "node:os";

import { loadTest } from "../../src/loadtest/index.js";

const server = `
  const { createServer } = require("node:http");
  const answer = JSON.stringify([JSON.stringify([0.1, 0.7, 0.2])]);
  createServer((request, response) => {
    request.resume().on("end", () => response.end(answer));
  }).listen(0, "127.0.0.1", function () { console.log(this.address().port); });`;

const child = spawn(process.execPath, ["-e", server], { stdio: ["ignore", "pipe", "inherit"] });
try {
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  const url = `http://127.0.0.1:${Number(line.toString())}/score`;
  console.log(`Node ${process.version}, ${cpus().length} x ${cpus()[0]?.model ?? "unknown processor"}`);
  for (const kilobytes of [1, 50, 500]) {
    const report = await loadTest({
      url,
      images: [new Uint8Array(kilobytes * 1000)],
      steps: [
        { connections: 16, durationSeconds: 5 },
        { rate: 500, durationSeconds: 5 },
      ],
    });
    for (const { load, throughput, latency, generator } of report.steps) {
      console.log(
        `${kilobytes} kB, ${load.loop} loop: ${throughput.toFixed(0)} requests/s, p50 ${latency.p50.toFixed(2)} ms, ` +
          `p99 ${latency.p99.toFixed(2)} ms; due requests noticed ${generator.latenessP99.toFixed(2)} ms late (p99); ` +
          `generator at work ${(100 * generator.utilization).toFixed(0)} %: ` +
          `ceiling ${(throughput / generator.utilization).toFixed(0)} requests/s`,
      );
    }
  }
} finally {
  child.kill();
}
