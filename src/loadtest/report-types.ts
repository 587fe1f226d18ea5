/** How a load is applied. Durations are in seconds, rates in requests per second. */
export interface Load {
  /**
   * `"closed"`: each connection sends its next request when it has its answer, so a slow server is asked less often.
   * `"open"`: requests are due at times that do not depend on the server, as users' requests are.
   */
  readonly loop: "closed" | "open";
  /** Connections in parallel; in an open loop the most there may be. */
  readonly connections: number;
  /** Requests due per second; open loop only. */
  readonly rate?: number;
  /** Times between due requests: all equal, or random as those of independent users are; open loop only. */
  readonly arrivals?: "constant" | "poisson";
  /** How long requests are sent; absent where {@link requests} ends the step. */
  readonly durationSeconds?: number;
  /** How many requests are sent; absent where {@link durationSeconds} ends the step. */
  readonly requests?: number;
}

/** A distribution of times, in milliseconds; all 0 where nothing was measured. Precise to three digits. */
export interface TimeSummary {
  readonly count: number;
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/**
 * Why a request failed. `status`: an HTTP status other than 200. `timeout`: no answer in time. `refused`: no connection.
 * `reset`: the connection ended before the answer did. `wrong-answer`: status 200, but not what the contract promises, or
 * another label for the same image than before. `network`: anything else.
 */
export type LoadErrorKind = "status" | "timeout" | "refused" | "reset" | "wrong-answer" | "network";

/** Failed requests of one kind. */
export interface LoadErrorCount {
  readonly kind: LoadErrorKind;
  /** What went wrong, such as `"503"` or `"ECONNRESET"`. */
  readonly detail: string;
  readonly count: number;
  /** What the first of them said, shortened. */
  readonly example: string;
}

/** What was seen in a stretch of time. */
export interface TimelinePoint {
  /** Seconds from the step's begin to the stretch's begin. */
  readonly second: number;
  /** Length of the stretch in seconds. */
  readonly seconds: number;
  readonly answers: number;
  readonly errors: number;
  /** Latencies of the answers that came in this stretch, in milliseconds, corrected as {@link LoadStepReport.latency} is. */
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
  /** What the server says it spent on the parts `queue`, `decode` and `inference` of these answers, as far as it does. */
  readonly serverTimes: Readonly<Record<string, { readonly p50: number; readonly p99: number }>>;
}

/** What one step of a load test measured. Latencies are those of right answers; failed requests are counted apart. */
export interface LoadStepReport {
  readonly load: Load;
  /** Seconds over which {@link throughput} is counted: as long as requests were sent, or until the last answer of a counted step. */
  readonly seconds: number;
  /** Requests that were answered or failed. */
  readonly requests: number;
  /** Right answers. */
  readonly answers: number;
  readonly errors: readonly LoadErrorCount[];
  /** Requests that were due or sent when the test was interrupted, and neither answered nor failed. */
  readonly unfinished: number;
  /** Right answers per second. */
  readonly throughput: number;
  /**
   * From when a request should have been sent to the last byte of its answer: corrected for coordinated omission.
   *
   * In an open loop that is measured. In a closed loop it is estimated, as HdrHistogram does it: where an answer took
   * longer than the median, the requests that its connection would have sent meanwhile are added with the time they would
   * have waited.
   *
   * @see G. Tene, How not to measure latency (2013).
   */
  readonly latency: TimeSummary;
  /** From when a request was sent to the last byte of its answer: what naive load tests report. */
  readonly serviceTime: TimeSummary;
  /** What the server says it spent, by the names in its `Server-Timing` header (RFC-style `queue;dur=1.5`), such as `queue` and `inference`. */
  readonly serverTimes: Readonly<Record<string, TimeSummary>>;
  readonly timeline: readonly TimelinePoint[];
  /** Latency in milliseconds by percentile, finely, for a chart; empty while the step runs. */
  readonly distribution: readonly { readonly percentile: number; readonly latency: number }[];
  /** How busy the load generator itself was. */
  readonly generator: {
    /** Share of the time its thread was at work, from 0 to 1. Near 1 the figures tell of the generator, not of the server. */
    readonly utilization: number;
    /** 99th percentile of how late it noticed that a request was due, in milliseconds; open loop only. It is part of the latency. */
    readonly latenessP99: number;
  };
}

/** One trial of a rate, in a search for the highest load. */
export interface LimitTrial {
  readonly rate: number;
  readonly held: boolean;
  /** Why not, for people; empty where it held. */
  readonly reason: string;
  readonly p99: number;
  /** Three times as long, to confirm the answer. */
  readonly isConfirmation: boolean;
}

/** What the search for the highest load found: the limit lies from {@link rate}, which held, to below {@link brokenRate}. */
export interface LoadLimit {
  /** The 99th percentile of latency that had to be held, in milliseconds. */
  readonly p99Ms: number;
  /** Highest rate, in requests per second, that held it; 0 where no rate did. */
  readonly rate: number;
  /** Lowest rate that broke; absent while none has. */
  readonly brokenRate?: number;
  /** The search ends when {@link brokenRate} is at most so much higher, as a share, than {@link rate}. */
  readonly precision: number;
  /** Whether {@link rate} also held when it was tried again for longer; false while the search runs or when it was interrupted. */
  readonly isConfirmed: boolean;
  /** What was found of each rate that was decided, lowest first: a rate breaks by two trials that do, before two hold. */
  readonly rates: readonly { readonly rate: number; readonly held: boolean }[];
  /** Each trial, in order. */
  readonly trials: readonly LimitTrial[];
}
