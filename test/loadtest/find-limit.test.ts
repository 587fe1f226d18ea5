import assert from "node:assert/strict";
import test, { describe } from "node:test";

import { loadTest, type Load, type LoadLimit, type LoadStepReport } from "sightbook";

import { findLimit } from "../../src/loadtest/find-limit.js";
import { answer, startServer } from "./scripted-server.js";

const noTimes = { count: 0, mean: 0, p50: 0, p90: 0, p95: 0, p99: 0, p999: 0, max: 0 };

/** A step as a service would give it whose latencies are all `latencyMs`. */
function stepOf(load: Load, latencyMs: number): LoadStepReport {
  const requests = Math.round((load.rate ?? 10) * (load.durationSeconds ?? 1));
  return {
    load,
    seconds: load.durationSeconds ?? 1,
    requests,
    answers: requests,
    errors: [],
    unfinished: 0,
    throughput: load.rate ?? 10,
    latency: { ...noTimes, count: requests, p50: latencyMs, p99: latencyMs },
    serviceTime: noTimes,
    serverTimes: {},
    timeline: [],
    distribution: [],
    generator: { utilization: 0, latenessP99: 0 },
  };
}

/** Searches where latency is a known function of the rate. */
async function search(
  latencyAt: (rate: number, load: Load) => number,
  options: { readonly p99Ms: number; readonly startRate?: number; readonly precision?: number },
): Promise<LoadLimit> {
  return findLimit(options, {
    run: (load) => Promise.resolve(stepOf(load, load.loop === "closed" ? 1 : latencyAt(load.rate!, load))),
    signal: new AbortController().signal,
    onTrial: () => undefined,
    connections: 8,
    arrivals: "poisson",
  });
}

describe("the search, on services whose limit is known", () => {
  for (const capacity of [0.7, 3, 41, 1000, 77_777]) {
    for (const precision of [0.02, 0.05, 0.3]) {
      test(`capacity ${capacity}/s is found to ${precision}`, async () => {
        // Latency of a queue with one server: 10 ms at no load, growing without bounds towards its capacity.
        const latency = (rate: number): number => (rate < capacity ? 10 / (1 - rate / capacity) : Infinity);
        const limit = await search(latency, { p99Ms: 100, precision });
        const exact = 0.9 * capacity;
        assert.ok(limit.rate <= exact && limit.rate >= exact / (1 + precision) - 1e-9, `${limit.rate}`);
        assert.ok(limit.isConfirmed);
        assert.ok(limit.trials.at(-1)!.isConfirmation && limit.trials.at(-1)!.held);
      });
    }
  }

  test("a rate that holds for a while and not when tried for longer is not the answer", async () => {
    // Memory that fills up: above 50/s all is well for 10 s.
    const latency = (rate: number, { durationSeconds = 0 }: Load): number =>
      rate > 100 || (rate > 50 && durationSeconds > 10) ? 1000 : 10;
    const limit = await search(latency, { p99Ms: 100 });
    assert.ok(limit.rate <= 50 && limit.rate >= 50 / 1.06, `${limit.rate}`);
    assert.ok(limit.isConfirmed);
    assert.ok(limit.trials.some(({ isConfirmation, held }) => isConfirmation && !held));
  });

  test("a service that never holds it gives 0, not an endless search", async () => {
    const limit = await search(() => 500, { p99Ms: 100 });
    assert.equal(limit.rate, 0);
    assert.equal(limit.isConfirmed, false);
    assert.ok(limit.trials.length <= 12);
    assert.equal(limit.trials[0]!.reason, "p99 500.0 ms");
  });

  test("an interrupt keeps the best so far, unconfirmed", async () => {
    const stop = new AbortController();
    let runs = 0;
    const limit = await findLimit(
      { p99Ms: 100, startRate: 10 },
      {
        run: (load) => {
          if (++runs === 3) stop.abort();
          return Promise.resolve(stepOf(load, 1));
        },
        signal: stop.signal,
        onTrial: () => undefined,
        connections: 8,
        arrivals: "constant",
      },
    );
    assert.deepEqual([limit.rate, limit.isConfirmed, limit.trials.length], [20, false, 2]);
  });

  test("options are checked", async () => {
    await assert.rejects(
      search(() => 1, { p99Ms: 0 }),
      {
        message: "loadTest: findLimit.p99Ms must be a number above 0, got 0.",
      },
    );
  });
});

test("a real service that refuses above a load: the limit lies where it must, whatever the machine", async () => {
  // One request at a time, for 5 ms: at most 200 answers a second, so above 250 requests more than a fifth fail.
  let isAtWork = false;
  const { url } = await startServer((_, response) => {
    if (isAtWork) {
      response.writeHead(503).end("full");
      return;
    }
    isAtWork = true;
    setTimeout(() => {
      isAtWork = false;
      answer(response);
    }, 5);
  });
  const report = await loadTest({
    url,
    images: [new Uint8Array([0xff, 0xd8])],
    arrivals: "constant",
    findLimit: { p99Ms: 2000, maxErrorShare: 0.2, precision: 0.5, stepSeconds: 1, startRate: 130 },
  });
  const { limit } = report;
  assert.ok(limit !== undefined && limit.rate <= 250, `${limit?.rate}`);
  assert.ok(limit.trials.some(({ reason }) => /^\d+ of \d+ requests failed \(status 503\)$/.test(reason)));
  assert.match(report.toString(), /Highest load with a p99 of at most 2000 ms: |No rate was found/);
});
