import { ArgumentError } from "../errors.js";
import type { Load, LoadLimit, LoadStepReport } from "./report-types.js";

/** The question that {@link findLimit} answers. */
export interface LimitOptions {
  /** The 99th percentile of latency to hold, in milliseconds. */
  readonly p99Ms: number;
  /** Share of requests that may fail, in `[0, 1)`. Default: 0. */
  readonly maxErrorShare?: number;
  /** Rate to begin with, in requests per second. Default: half of what one connection gets in a closed loop. */
  readonly startRate?: number;
  /** How near the answer has to be: the search ends when the lowest rate that failed is at most so much higher. Default: 0.05. */
  readonly precision?: number;
  /** Seconds at each rate; longer where fewer than 200 requests would be due, too few for a 99th percentile. Default: 5. */
  readonly stepSeconds?: number;
}

export interface LimitSearch {
  /** Applies a load; when `isHopeless` says so of what was measured so far, the step ends early. */
  readonly run: (load: Load, isHopeless?: (soFar: LoadStepReport) => boolean) => Promise<LoadStepReport>;
  readonly signal: AbortSignal;
  readonly onTrial: (soFar: LoadLimit) => void;
  readonly connections: number;
  readonly arrivals: "poisson" | "constant";
}

const leastRequests = 200;

/** Confirming a rate takes so many times as long as trying it. */
const confirmationFactor = 3;

/** The search gives up below this share of the first rate. */
const lowestShare = 1 / 1024;

/**
 * Finds the highest rate of an open loop that holds a 99th percentile of latency.
 *
 * The rate is doubled until it fails, then the gap between the highest rate that held and the lowest that failed is halved
 * (on a logarithmic scale) until it is small. The answer is then tried again for three times as long; where it fails that,
 * it counts as failed and the search goes on below it. A rate holds when its p99 is not above the wanted one and no more
 * requests fail than allowed.
 */
export async function findLimit(options: LimitOptions, search: LimitSearch): Promise<LoadLimit> {
  const { p99Ms, precision = 0.05 } = checked(options);
  const trials: LoadLimit["trials"][number][] = [];
  const limit = (rate: number, isConfirmed: boolean): LoadLimit => ({
    p99Ms,
    rate,
    isConfirmed,
    trials: [...trials],
  });

  /** Rates that held and have not failed since, lowest first. */
  const held: number[] = [];
  const best = (): number => held.at(-1) ?? 0;
  const holds = async (rate: number, isConfirmation: boolean): Promise<boolean> => {
    const step = await search.run(loadAt(rate, isConfirmation, options, search), (soFar) =>
      isHopeless(soFar, options),
    );
    if (search.signal.aborted) return false;
    const reason = whyNot(step, options);
    const isHeld = reason === "";
    trials.push({ rate, held: isHeld, reason, p99: step.latency.p99, isConfirmation });
    if (isHeld && !isConfirmation) held.push(rate);
    else if (!isHeld && isConfirmation) held.pop();
    search.onTrial(limit(best(), false));
    return isHeld;
  };

  const startRate = options.startRate ?? (await startingRate(search));
  let failed = Infinity;
  let rate = startRate;
  const isInterrupted = (): boolean => search.signal.aborted;
  while (!isInterrupted() && rate >= startRate * lowestShare) {
    if (!(await holds(rate, false))) failed = rate;
    while (best() > 0 && failed <= best() * (1 + precision) && !isInterrupted()) {
      const candidate = best();
      if (await holds(candidate, true)) return limit(candidate, true);
      failed = candidate;
    }
    if (failed === Infinity) rate *= 2;
    else rate = best() === 0 ? failed / 2 : Math.sqrt(best() * failed);
  }
  return limit(best(), false);
}

/** Half of what one connection gets that always waits for its answer: a load that any service should bear. */
async function startingRate({ run }: LimitSearch): Promise<number> {
  const { throughput } = await run({ loop: "closed", connections: 1, durationSeconds: 2 });
  return Math.max(0.1, throughput / 2);
}

function loadAt(rate: number, isConfirmation: boolean, options: LimitOptions, search: LimitSearch): Load {
  const seconds = Math.max(options.stepSeconds ?? 5, leastRequests / rate);
  return {
    loop: "open",
    connections: search.connections,
    rate,
    arrivals: search.arrivals,
    durationSeconds: isConfirmation ? confirmationFactor * seconds : seconds,
  };
}

/** Why a step did not hold; empty where it did. */
function whyNot(step: LoadStepReport, { p99Ms, maxErrorShare = 0 }: LimitOptions): string {
  const failures = step.requests - step.answers;
  const [worst] = step.errors;
  if (worst !== undefined && failures > maxErrorShare * step.requests) {
    return `${failures} of ${step.requests} requests failed (${worst.kind} ${worst.detail})`;
  }
  return step.latency.p99 > p99Ms ? `p99 ${step.latency.p99.toFixed(1)} ms` : "";
}

/** An overloaded service only gets slower: that need not be watched to its end. */
function isHopeless({ latency, requests, answers }: LoadStepReport, options: LimitOptions): boolean {
  const { p99Ms, maxErrorShare = 0 } = options;
  const isSlow = latency.count >= leastRequests / 4 && latency.p50 > 2 * p99Ms;
  const failures = requests - answers;
  return isSlow || (failures >= leastRequests / 4 && failures > 2 * maxErrorShare * requests);
}

function checked(options: LimitOptions): LimitOptions {
  const { p99Ms, maxErrorShare = 0, startRate = 1, precision = 0.05, stepSeconds = 5 } = options;
  for (const [name, value] of Object.entries({ p99Ms, startRate, precision, stepSeconds })) {
    if (!(value > 0 && Number.isFinite(value))) {
      throw new ArgumentError("loadTest", `findLimit.${name}`, "a number above 0", value);
    }
  }
  if (!(maxErrorShare >= 0 && maxErrorShare < 1)) {
    throw new ArgumentError("loadTest", "findLimit.maxErrorShare", "a number in [0, 1)", maxErrorShare);
  }
  return options;
}
