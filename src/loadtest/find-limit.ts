import { ArgumentError } from "../errors.js";
import { LimitBracket } from "./limit-bracket.js";
import { milliseconds } from "./report-text.js";
import type { Load, LoadLimit, LoadStepReport } from "./report-types.js";

/** The question that {@link findLimit} answers. */
export interface LimitOptions {
  /** The 99th percentile of latency to hold, in milliseconds. */
  readonly p99Ms: number;
  /** Share of requests that may fail, in `[0, 1)`. Default: 0. */
  readonly maxErrorShare?: number;
  /** Rate to begin with, in requests per second. Default: half of what one connection gets in a closed loop. */
  readonly startRate?: number;
  /**
   * How near the answer has to be: the search ends when the lowest rate that broke is at most so much higher, as a share,
   * than the highest that held. The smaller, the longer takes each trial: a load too high by so little must have the time to
   * pile up. Default: 0.05.
   */
  readonly precision?: number;
  /** Fewest seconds of a trial. Default: 5. */
  readonly stepSeconds?: number;
  /** Fewest requests of a trial. Default: 1000, of which ten may take longer than the 99th percentile. */
  readonly stepRequests?: number;
}

export interface LimitSearch {
  /** Applies a load and reports it; when `isHopeless` says so of what was measured so far, the step ends early. */
  readonly run: (load: Load, isHopeless?: (soFar: LoadStepReport) => boolean) => Promise<LoadStepReport>;
  /** Applies a load that is no part of the report. */
  readonly runUnreported: (load: Load) => Promise<LoadStepReport>;
  readonly signal: AbortSignal;
  readonly onTrial: (soFar: LoadLimit) => void;
  readonly connections: number;
  readonly arrivals: "poisson" | "constant";
}

/** Confirming a rate takes so many times as long as trying it. */
const confirmationFactor = 3;

/** A rate has broken when so many trials did: one may have met a stall of the machine that is no fault of the load. */
const trialsToBreak = 2;

/** The search gives up below this share of the first rate. */
const lowestShare = 1 / 1024;

/**
 * Finds the highest rate of an open loop that holds a 99th percentile of latency.
 *
 * The rate is doubled until it breaks, then the gap between the highest rate that held and the lowest that broke is halved
 * (on a logarithmic scale) until it is small. The answer is then tried again for three times as long; where it breaks, the
 * search goes on below it. A trial holds when its p99 is not above the wanted one and no more requests fail than allowed.
 * One that breaks is repeated: the rate has broken when two trials have before two held.
 */
export async function findLimit(options: LimitOptions, search: LimitSearch): Promise<LoadLimit> {
  const question = checked(options);
  const bracket = new LimitBracket(question.p99Ms, question.precision);
  const decide = async (rate: number, isConfirmation: boolean): Promise<boolean> => {
    const isHeld = await holds(rate, isConfirmation, question, search, bracket);
    if (isHeld !== undefined) bracket.decide(rate, isHeld);
    search.onTrial(bracket.limit(false));
    return isHeld === true;
  };
  const startRate = options.startRate ?? (await startingRate(search));
  let rate = startRate;
  const isInterrupted = (): boolean => search.signal.aborted;
  while (!isInterrupted() && rate >= startRate * lowestShare) {
    await decide(rate, false);
    while (bracket.isNarrow && !isInterrupted()) {
      if (await decide(bracket.held!, true)) return bracket.limit(true);
    }
    const { held, broken } = bracket;
    if (broken === undefined) rate *= 2;
    else rate = held === undefined ? broken / 2 : Math.sqrt(held * broken);
  }
  return bracket.limit(false);
}

/** Tries a rate until it has held or broken; `undefined` when interrupted. */
async function holds(
  rate: number,
  isConfirmation: boolean,
  question: Required<LimitOptions>,
  search: LimitSearch,
  bracket: LimitBracket,
): Promise<boolean | undefined> {
  const load = loadAt(rate, isConfirmation, question, search);
  const isInterrupted = (): boolean => search.signal.aborted;
  let broken = 0;
  for (let held = 0; ;) {
    const step = await search.run(load, (soFar) => cannotHold(soFar, load.requests!, question));
    if (isInterrupted()) return undefined;
    const reason = whyNot(step, question);
    bracket.add({ rate, held: reason === "", reason, p99: step.latency.p99, isConfirmation });
    search.onTrial(bracket.limit(false));
    if (reason === "") held++;
    else {
      broken++;
      await recover(question, search);
      if (isInterrupted()) return undefined;
    }
    if (broken === trialsToBreak) return false;
    if (held === (broken === 0 ? 1 : trialsToBreak)) return true;
  }
}

/** Half of what one connection gets that always waits for its answer: a load that any service should bear. */
async function startingRate({ run }: LimitSearch): Promise<number> {
  const { throughput } = await run({ loop: "closed", connections: 1, durationSeconds: 2 });
  return Math.max(0.1, throughput / 2);
}

/**
 * A trial is so long that a load too high by half of the precision piles up more than the wanted latency meanwhile: too high
 * by a share `x`, a load makes its last request wait for `x` times the length of the trial.
 */
function loadAt(
  rate: number,
  isConfirmation: boolean,
  { p99Ms, precision, stepSeconds, stepRequests }: Required<LimitOptions>,
  { connections, arrivals }: LimitSearch,
): Load {
  const seconds = Math.max(stepSeconds, (2 * p99Ms) / 1000 / precision);
  const requests = Math.ceil(Math.max(stepRequests, rate * seconds));
  return {
    loop: "open",
    connections,
    rate,
    arrivals,
    requests: isConfirmation ? confirmationFactor * requests : requests,
  };
}

/** Why a step did not hold; empty where it did. */
function whyNot(step: LoadStepReport, { p99Ms, maxErrorShare }: Required<LimitOptions>): string {
  const failures = step.requests - step.answers;
  const [worst] = step.errors;
  if (worst !== undefined && failures > maxErrorShare * step.requests) {
    return `${failures} of ${step.requests} requests failed (${worst.kind} ${worst.detail})`;
  }
  return step.latency.p99 > p99Ms ? `p99 ${milliseconds(step.latency.p99)} ms` : "";
}

/** Whether so much is slow or failed already that the whole trial cannot hold, however the rest goes. */
function cannotHold(
  { latency, requests, answers }: LoadStepReport,
  planned: number,
  { p99Ms, maxErrorShare }: Required<LimitOptions>,
): boolean {
  const isSlow = ([50, 90, 95] as const).some(
    (percentile) =>
      latency[`p${percentile}`] > p99Ms && (1 - percentile / 100) * latency.count > 0.01 * planned,
  );
  return isSlow || requests - answers > maxErrorShare * planned;
}

/** What has piled up in a service must be gone before it is tried again: until then single requests are slow, too. */
async function recover({ p99Ms }: Required<LimitOptions>, search: LimitSearch): Promise<void> {
  for (let turn = 0; turn < 10 && !search.signal.aborted; turn++) {
    const calm = await search.runUnreported({ loop: "closed", connections: 1, requests: 10 });
    if (calm.answers === calm.requests && calm.serviceTime.max <= p99Ms) return;
  }
}

function checked(options: LimitOptions): Required<LimitOptions> {
  const question = {
    maxErrorShare: 0,
    startRate: 1,
    precision: 0.05,
    stepSeconds: 5,
    stepRequests: 1000,
    ...options,
  };
  const { maxErrorShare, stepRequests } = question;
  for (const name of ["p99Ms", "startRate", "precision", "stepSeconds"] as const) {
    const value = question[name];
    if (!(value > 0 && Number.isFinite(value))) {
      throw new ArgumentError("loadTest", `findLimit.${name}`, "a number above 0", value);
    }
  }
  if (!Number.isInteger(stepRequests) || stepRequests < 100) {
    throw new ArgumentError(
      "loadTest",
      "findLimit.stepRequests",
      "a whole number of at least 100, or there is no 99th percentile",
      stepRequests,
    );
  }
  if (!(maxErrorShare >= 0 && maxErrorShare < 1)) {
    throw new ArgumentError("loadTest", "findLimit.maxErrorShare", "a number in [0, 1)", maxErrorShare);
  }
  return question;
}
