import { ArgumentError } from "../errors.js";
import { interruptible } from "../interrupt.js";
import { prepareTarget, type ScoringContract } from "./contract.js";
import { findLimit, type LimitOptions, type LimitSearch } from "./find-limit.js";
import { LoadGenerator, nothingMeasured } from "./generator.js";
import { openLoadTestReporter, type LoadTestReporter } from "./progress.js";
import type { Load, LoadLimit, LoadStepReport } from "./report-types.js";
import { LoadTestReport } from "./report.js";

/** One load of a test: what is left out is as in the test's own options. */
export interface LoadStep {
  /**
   * Connections in parallel, each of which sends its next request when it has its answer (closed loop). With
   * {@link rate}, the most connections there may be. Default: 16; with a rate 256.
   */
  readonly connections?: number;
  /**
   * Requests due per second, however slow the service is (open loop). Latency counts from when a request was due, so a
   * stall shows in full: it is corrected for coordinated omission. Default: none, a closed loop.
   */
  readonly rate?: number;
  /** Times between due requests: as random as independent users, or all equal. Default: `"poisson"`. */
  readonly arrivals?: "poisson" | "constant";
  /** How long requests are sent. Default: 10. */
  readonly durationSeconds?: number;
  /** How many requests are sent, instead of {@link durationSeconds}. */
  readonly requests?: number;
}

export interface LoadTestOptions extends LoadStep {
  /**
   * Where to send requests, such as `"http://127.0.0.1:5001/score"` or `".../v1/predict"`; an address without a path
   * means the latter.
   */
  readonly url: string;
  /** Image files, as paths or bytes, sent in turn. */
  readonly images: readonly (string | Uint8Array)[];
  /** How the service is asked. Default: `"predict"` for a path that ends in `/v1/predict`, else `"score"`. */
  readonly contract?: ScoringContract;
  /** Sent as `Authorization: Bearer <key>`; never in a report. */
  readonly key?: string;
  /** `parameters` of each image in the contract `"score"`, such as `{ add_softmax: true }`. */
  readonly parameters?: Readonly<Record<string, unknown>>;
  /** Loads that are applied one after the other. Default: one, by the options beside this. */
  readonly steps?: readonly LoadStep[];
  /** Load as in the first step before anything is counted, in seconds. Default: 0. */
  readonly warmUpSeconds?: number;
  /** A request that has no answer so long after it was due has failed, in milliseconds. Default: 10,000. */
  readonly timeoutMs?: number;
  /** Look for the highest rate that holds this 99th percentile of latency, instead of applying given loads. */
  readonly findLimit?: LimitOptions;
  /** Seed of the random arrivals. Default: 1. */
  readonly seed?: number;
  /** Ends the test; what was measured is reported. A notebook's stop button and Ctrl-C do the same. */
  readonly signal?: AbortSignal;
  /** How the test shows itself: `"auto"` is a widget in a notebook and nothing elsewhere. Default: `"auto"`. */
  readonly progress?: "auto" | "none";
  /** Called about twice a second with all that was measured so far, the step under way as the last. */
  readonly onProgress?: (report: LoadTestReport) => void;
}

/**
 * Puts a scoring service under load and measures how it does.
 *
 * Requests are sent from a thread of their own. One is sent before the test: when that fails, nothing else is tried.
 *
 * @throws {@link EnvironmentError} when the first request fails; {@link ArgumentError} for options that make no sense;
 *   {@link CancelledError} when interrupted before anything was measured.
 */
export async function loadTest(options: LoadTestOptions): Promise<LoadTestReport> {
  const { warmUpSeconds = 0, timeoutMs = 10_000, seed = 1 } = options;
  if (options.findLimit !== undefined) checkSearchAlone(options);
  const loads = loadsOf(options);
  between("timeoutMs", timeoutMs, 1, longestSeconds * 1000);
  between("warmUpSeconds", warmUpSeconds, 0, longestSeconds);
  const target = await prepareTarget(options);
  const facts = {
    url: target.origin + target.requests[0]!.path,
    contract: target.contract,
    images: target.requests.length,
    startedAt: new Date().toISOString(),
    timeoutMs,
  };
  const finished: LoadStepReport[] = [];
  let limit: LoadLimit | undefined;
  const interrupt = interruptible(options.signal);
  const stopped = new AbortController();
  const signal = AbortSignal.any([interrupt.signal, stopped.signal]);
  let reporter: LoadTestReporter | undefined;
  const show = (report: LoadTestReport): void => {
    reporter?.update(report);
    options.onProgress?.(report);
  };
  const generator = new LoadGenerator(target);
  const runUnreported: LimitSearch["runUnreported"] = (load) =>
    generator.run(load, { timeoutMs, seed, signal, onProgress: () => undefined });
  const run: LimitSearch["run"] = async (load, isHopeless = () => false) => {
    const end = new AbortController();
    const report = await generator.run(load, {
      timeoutMs,
      seed: seed + finished.length,
      signal: AbortSignal.any([signal, end.signal]),
      onProgress: (step) => {
        if (isHopeless(step)) end.abort();
        show(new LoadTestReport({ ...facts, steps: [...finished, step], limit, state: "running" }));
      },
    });
    finished.push(report);
    return report;
  };
  try {
    await generator.ask(timeoutMs, signal);
    if (options.progress !== "none") reporter = await openLoadTestReporter();
    reporter?.start({
      url: facts.url,
      ...(options.findLimit === undefined && { loads }),
      warmUpSeconds,
      stop: () => {
        stopped.abort();
      },
    });
    if (warmUpSeconds > 0) {
      await runUnreported(warmUpOf(loads[0]!, warmUpSeconds));
    }
    if (options.findLimit !== undefined) {
      limit = await findLimit(options.findLimit, {
        run,
        runUnreported,
        signal,
        onTrial: (soFar) => {
          limit = soFar;
        },
        connections: options.connections ?? defaultConnections.open,
        arrivals: options.arrivals ?? "poisson",
      });
    } else {
      for (const load of loads) {
        if (!signal.aborted) await run(load);
      }
    }
    if (finished.length === 0) throw nothingMeasured();
  } catch (error) {
    await reporter?.fail((error as Error).message);
    throw error;
  } finally {
    interrupt.release();
    await generator.close();
  }
  const report = new LoadTestReport({
    ...facts,
    steps: finished,
    limit,
    state: signal.aborted ? "interrupted" : "finished",
  });
  await reporter?.end(report);
  options.onProgress?.(report);
  return report;
}

/** Timers count milliseconds in 31 bits: 24 days. */
const longestSeconds = Math.floor((2 ** 31 - 1) / 1000);

/** A search chooses its loads itself. */
function checkSearchAlone(options: LoadTestOptions): void {
  for (const name of ["steps", "rate", "durationSeconds", "requests"] as const) {
    if (options[name] === undefined) continue;
    const wayOut =
      "Leave it out; startRate, stepSeconds and stepRequests of findLimit say where and how the search goes.";
    throw new ArgumentError("loadTest", name, "given without findLimit", options[name], wayOut);
  }
}

const defaultConnections = { closed: 16, open: 256 } as const;

function loadsOf(options: LoadTestOptions): Load[] {
  const { connections, rate, arrivals, durationSeconds, requests, steps = [{}] } = options;
  const shared: LoadStep = {
    ...(connections !== undefined && { connections }),
    ...(rate !== undefined && { rate }),
    ...(arrivals !== undefined && { arrivals }),
    ...(durationSeconds !== undefined && { durationSeconds }),
    ...(requests !== undefined && { requests }),
  };
  if (steps.length === 0) throw new ArgumentError("loadTest", "steps", "at least one load", steps);
  return steps.map((step) => loadOf({ ...shared, ...step }));
}

function loadOf(step: LoadStep): Load {
  const { rate, arrivals = "poisson", requests, durationSeconds } = step;
  const loop = rate === undefined ? "closed" : "open";
  const connections = step.connections ?? defaultConnections[loop];
  if (!Number.isInteger(connections) || connections < 1) {
    throw new ArgumentError("loadTest", "connections", "a whole number of at least 1", connections);
  }
  if (rate !== undefined && !(rate > 0 && Number.isFinite(rate))) {
    throw new ArgumentError("loadTest", "rate", "a number of requests per second above 0", rate);
  }
  if (requests !== undefined && durationSeconds !== undefined) {
    throw new ArgumentError(
      "loadTest",
      "requests",
      "given without durationSeconds",
      requests,
      "Leave one out.",
    );
  }
  if (requests !== undefined && (!Number.isInteger(requests) || requests < 1)) {
    throw new ArgumentError("loadTest", "requests", "a whole number of at least 1", requests);
  }
  const seconds = durationSeconds ?? 10;
  if (!(seconds > 0 && Number.isFinite(seconds))) {
    throw new ArgumentError("loadTest", "durationSeconds", "a number above 0", seconds);
  }
  return {
    loop,
    connections,
    ...(rate !== undefined && { rate, arrivals }),
    ...(requests !== undefined ? { requests } : { durationSeconds: seconds }),
  };
}

function warmUpOf({ loop, connections, rate, arrivals }: Load, durationSeconds: number): Load {
  return {
    loop,
    connections,
    durationSeconds,
    ...(rate !== undefined && { rate }),
    ...(arrivals && { arrivals }),
  };
}

function between(name: string, value: number, least: number, most: number): void {
  if (value >= least && value <= most) return;
  throw new ArgumentError("loadTest", name, `a number from ${least} to ${most}`, value);
}
