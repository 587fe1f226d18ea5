import assert from "node:assert/strict";
import test, { describe } from "node:test";

import { loadTest, Random, type Load, type LoadLimit } from "sightbook";

import { findLimit, type LimitOptions } from "../../src/loadtest/find-limit.js";
import { stepOf } from "./example-step.js";
import { answer, startServer } from "./scripted-server.js";
import { SimulatedService } from "./simulated-service.js";

const noTimes = { count: 0, mean: 0, p50: 0, p90: 0, p95: 0, p99: 0, p999: 0, max: 0 };

/** Searches where latency is a known function of the load. */
async function search(
  latencyAt: (rate: number, load: Load) => number,
  options: LimitOptions,
): Promise<LoadLimit> {
  const run = (load: Load) => {
    const latencyMs = load.loop === "closed" ? 1 : latencyAt(load.rate!, load);
    const requests = load.requests ?? 100;
    const latency = { ...noTimes, count: requests, p50: latencyMs, p90: latencyMs, p99: latencyMs };
    return Promise.resolve(stepOf({ load, requests, answers: requests, throughput: 10, latency }));
  };
  return findLimit(options, {
    run,
    runUnreported: run,
    signal: new AbortController().signal,
    onTrial: () => undefined,
    connections: 8,
    arrivals: "poisson",
  });
}

async function searchIn(
  service: SimulatedService,
  options: LimitOptions,
  arrivals: "poisson" | "constant" = "poisson",
): Promise<LoadLimit> {
  return findLimit(options, {
    run: (load, isHopeless) => service.run(load, isHopeless),
    runUnreported: (load) => service.run(load),
    signal: new AbortController().signal,
    onTrial: () => undefined,
    connections: 256,
    arrivals,
  });
}

/** What every finished search promises: rates below the answer held, those above broke, and the gap is small. */
function checkBracket({ rate, brokenRate, precision, isConfirmed, rates, trials }: LoadLimit): void {
  assert.ok(isConfirmed);
  assert.ok(brokenRate! > rate && brokenRate! <= rate * (1 + precision), `${rate} to ${brokenRate}`);
  for (const each of rates) assert.equal(each.held, each.rate <= rate, `${each.rate}`);
  assert.deepEqual(
    rates.map((each) => each.rate),
    [...new Set(trials.map((trial) => trial.rate))].sort((a, b) => a - b),
  );
  const last = trials.at(-1)!;
  assert.ok(last.isConfirmation && last.held && last.rate === rate);
  for (const { rate: broken } of rates.filter(({ held }) => !held)) {
    const failed = trials.filter((trial) => trial.rate === broken && !trial.held);
    assert.ok(failed.length >= 2, `${broken} broke in ${failed.length} trials`);
  }
}

/** Exponentially distributed, the most random of works: a queue of its kind has a known p99. */
function exponentialWork(perSecond: number, seed: number): () => number {
  const random = new Random(seed);
  return () => (-Math.log(1 - random.uniform()) * 1000) / perSecond;
}

describe("the search, where latency is a known function of the rate", () => {
  for (const capacity of [0.7, 3, 41, 1000, 77_777]) {
    for (const precision of [0.02, 0.05, 0.3]) {
      test(`capacity ${capacity}/s is found to ${precision}`, async () => {
        // 10 ms at no load, growing without bounds towards the capacity.
        const latency = (rate: number): number => (rate < capacity ? 10 / (1 - rate / capacity) : Infinity);
        const limit = await search(latency, { p99Ms: 100, precision });
        checkBracket(limit);
        const exact = 0.9 * capacity;
        assert.ok(limit.rate <= exact && exact < limit.brokenRate!, `${limit.rate} to ${limit.brokenRate}`);
      });
    }
  }

  test("a rate that holds for a while and not when tried for longer is not the answer", async () => {
    // Memory that fills up: above 50/s all is well for 2500 requests.
    const latency = (rate: number, { requests = 0 }: Load): number =>
      rate > 100 || (rate > 50 && requests > 2500) ? 1000 : 10;
    const limit = await search(latency, { p99Ms: 100 });
    checkBracket(limit);
    assert.ok(limit.rate <= 50 && 50 < limit.brokenRate!, `${limit.rate} to ${limit.brokenRate}`);
    assert.ok(limit.trials.some(({ isConfirmation, held }) => isConfirmation && !held));
  });

  test("one trial that breaks by chance breaks no rate, in the search or in its confirmation", async () => {
    for (let unlucky = 1; unlucky <= 14; unlucky++) {
      let trials = 0;
      const latency = (rate: number): number => (rate > 100 || ++trials === unlucky ? 1000 : 10);
      const limit = await search(latency, { p99Ms: 100, startRate: 30 });
      checkBracket(limit);
      assert.ok(limit.rate <= 100 && 100 < limit.brokenRate!, `${unlucky}: ${limit.rate}`);
    }
  });

  test("each trial has requests enough for a p99, and time enough for an overload to pile up", async () => {
    const loads: Load[] = [];
    const latency = (rate: number, load: Load): number => {
      loads.push(load);
      return rate > 300 ? 1000 : 10;
    };
    await search(latency, { p99Ms: 100, precision: 0.01, startRate: 7 });
    for (const load of loads) {
      assert.ok(load.requests! >= 1000);
      // Half of the precision, for so long, is the wanted latency.
      assert.ok((load.requests! / load.rate!) * 0.005 >= 0.1 - 1e-9);
    }
    // The last one confirms the answer: three times 20 s.
    const { requests, rate } = loads.at(-1)!;
    assert.ok(requests! / rate! >= 60 - 1e-9);
  });

  test("a service that never holds it gives 0, not an endless search", async () => {
    const limit = await search(() => 500, { p99Ms: 100, startRate: 5 });
    assert.deepEqual([limit.rate, limit.isConfirmed], [0, false]);
    assert.ok(limit.brokenRate! <= 5 / 1000 && limit.brokenRate! > 0);
    assert.ok(limit.trials.length <= 24);
    assert.equal(limit.trials[0]!.reason, "p99 500 ms");
  });

  test("an interrupt keeps the best so far, unconfirmed", async () => {
    const stop = new AbortController();
    let runs = 0;
    const run = (load: Load) => {
      if (++runs === 3) stop.abort();
      return Promise.resolve(stepOf({ load }));
    };
    const limit = await findLimit(
      { p99Ms: 100, startRate: 10 },
      {
        run,
        runUnreported: run,
        signal: stop.signal,
        onTrial: () => undefined,
        connections: 8,
        arrivals: "constant",
      },
    );
    assert.deepEqual(
      [limit.rate, limit.brokenRate, limit.isConfirmed, limit.trials.length],
      [20, undefined, false, 2],
    );
  });

  for (const [options, message] of [
    [{ p99Ms: 0 }, "loadTest: findLimit.p99Ms must be a number above 0, got 0."],
    [
      { p99Ms: 1, precision: Infinity },
      "loadTest: findLimit.precision must be a number above 0, got Infinity.",
    ],
    [
      { p99Ms: 1, stepRequests: 99 },
      "loadTest: findLimit.stepRequests must be a whole number of at least 100, or there is no 99th percentile, got 99.",
    ],
    [{ p99Ms: 1, maxErrorShare: 1 }, "loadTest: findLimit.maxErrorShare must be a number in [0, 1), got 1."],
  ] as const) {
    test(`options are checked: ${JSON.stringify(options)}`, async () => {
      await assert.rejects(
        search(() => 1, options),
        { message },
      );
    });
  }
});

// The services below are queues in simulated time, with the real arrivals and measurements: nothing depends on the machine.
describe("the search, on queues whose capacity is known", () => {
  const kinds: readonly (readonly [name: string, servers: number, perServer: number])[] = [
    ["one server", 1, 100],
    ["a slow one", 1, 3],
    ["four servers", 4, 50],
  ];
  for (const [name, servers, perServer] of kinds) {
    test(`equal work, equally spaced: the limit of ${name} is its capacity`, async () => {
      const capacity = servers * perServer;
      const service = new SimulatedService({ work: () => 1000 / perServer, servers });
      const limit = await searchIn(service, { p99Ms: 500 }, "constant");
      checkBracket(limit);
      // Above the capacity by a share x, x times the length of a confirmation, three times 20 s, is waited for.
      assert.ok(limit.rate <= capacity * (1 + 0.05 / 6), `${limit.rate} held`);
      assert.ok(limit.brokenRate! > capacity, `${limit.brokenRate} broke`);
    });
  }

  /**
   * The time in an M/M/1 queue is exponentially distributed with rate `mu - lambda`: its 99th percentile is `ln(100)` over
   * that.
   *
   * @see D. Gross et al., Fundamentals of Queueing Theory (2008), section 2.2.
   */
  const exactLimit = (perSecond: number, p99Ms: number): number => perSecond - Math.log(100) / (p99Ms / 1000);

  for (const seed of [1, 2, 3, 4, 5, 6]) {
    test(`the most random of queues, seed ${seed}: its limit is found to the precision beside the interval`, async () => {
      const service = new SimulatedService({ work: exponentialWork(100, seed), seed: 1000 * seed });
      const options = { p99Ms: 200, precision: 0.1, startRate: 20, stepRequests: 5000 };
      const limit = await searchIn(service, options);
      checkBracket(limit);
      // The p99 of a trial of a minute is random itself, so near to the capacity.
      const exact = exactLimit(100, 200);
      assert.ok(
        limit.rate <= exact * 1.1 && exact < limit.brokenRate! * 1.1,
        `${limit.rate} to ${limit.brokenRate}`,
      );
    });
  }

  test("rare stalls of a shared machine, whichever trial they fall into, do not change the answer", async () => {
    const options = { p99Ms: 100, startRate: 50 };
    const calm = await searchIn(new SimulatedService({ work: () => 10 }), options, "constant");
    assert.ok(calm.trials.every(({ rate, held }) => held || rate > calm.rate));
    let met = 0;
    for (let first = 1000; first < 90_000; first += 6000) {
      // A second in which everything stands still, every four minutes: it breaks the p99 of the trial it falls into.
      const stalls = [0, 1, 2].map((i) => [first + i * 240_000, first + i * 240_000 + 1000] as const);
      const service = new SimulatedService({ work: () => 10, stalls });
      const limit = await searchIn(service, options, "constant");
      checkBracket(limit);
      assert.deepEqual(limit.rates, calm.rates, `first stall at ${first} ms`);
      met += limit.trials.filter(({ rate, held }) => !held && rate <= limit.rate).length;
    }
    assert.ok(met > 5, `${met} trials were stalled that would have held`);
  });

  test("what a trial that broke has left in the queue is worked off before the next", async () => {
    // An overload of thirty times, which ends early, leaves seconds of work.
    const service = new SimulatedService({ work: () => 10 });
    const limit = await searchIn(service, { p99Ms: 100, startRate: 3000 }, "constant");
    checkBracket(limit);
    assert.ok(limit.rate <= 101 && limit.brokenRate! > 100, `${limit.rate} to ${limit.brokenRate}`);
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
    findLimit: {
      p99Ms: 200,
      maxErrorShare: 0.2,
      precision: 0.5,
      stepSeconds: 1,
      stepRequests: 100,
      startRate: 130,
    },
  });
  const { limit } = report;
  assert.ok(limit !== undefined && limit.rate <= 250, `${limit?.rate}`);
  assert.ok(limit.trials.some(({ reason }) => /^\d+ of \d+ requests failed \(status 503\)$/.test(reason)));
  const text = report.toString();
  assert.match(
    text,
    /Highest load with a p99 of at most 200 ms: |No rate was found that holds a p99 of 200 ms; /,
  );
  assert.match(text, /^ {2}broke: [\d., ]+ requests\/s$/m);
});
