import type { LoadStepReport } from "../../src/loadtest/index.js";

const noTimes = { count: 0, mean: 0, p50: 0, p90: 0, p95: 0, p99: 0, p999: 0, max: 0 };

/** A step of a load test with nothing in it but what is said. */
export function stepOf(values: Partial<LoadStepReport>): LoadStepReport {
  return {
    load: { loop: "closed", connections: 1, durationSeconds: 1 },
    seconds: 1,
    requests: 1,
    answers: 1,
    errors: [],
    unfinished: 0,
    throughput: 1,
    latency: noTimes,
    serviceTime: noTimes,
    serverTimes: {},
    timeline: [],
    distribution: [],
    generator: { utilization: 0, latenessP99: 0 },
    ...values,
  };
}
