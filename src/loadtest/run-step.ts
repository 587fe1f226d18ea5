import { arrivalTimes } from "./arrivals.js";
import { Connection, interrupted } from "./connection.js";
import type { Target } from "./contract.js";
import { Measurements } from "./measurements.js";
import type { Load, LoadStepReport } from "./report-types.js";

export interface StepOptions {
  /** A request fails when it has no answer so long after it was due, in milliseconds. */
  readonly timeoutMs: number;
  readonly seed: number;
  /** Ends the step early: what was measured is reported. */
  readonly signal: AbortSignal;
  /** Called about twice a second. */
  readonly onProgress: (report: LoadStepReport) => void;
}

const progressIntervalMs = 500;

/** Connections that were refused or reset are not tried again at once: that would only burn the processor. */
const pauseAfterFailureMs = 50;

/** Puts a service under one load and measures. */
export async function runStep(target: Target, load: Load, options: StepOptions): Promise<LoadStepReport> {
  const { timeoutMs, seed, signal, onProgress } = options;
  const begun = performance.now();
  const measurements = new Measurements(load, target.contract, begun);
  const source =
    load.loop === "open"
      ? new OpenSource(load, begun, seed, (late) => {
          measurements.addLateness(late);
        })
      : new ClosedSource(load, begun);
  const stop = (): void => {
    source.stop();
    for (const connection of connections) void connection.close();
  };
  const connections = Array.from({ length: load.connections }, () => new Connection(target.origin));
  let underWay = 0;
  let nextImage = 0;
  source.onEnd = () => {
    measurements.end(performance.now());
  };

  const isInterrupted = (): boolean => signal.aborted;
  const work = async (connection: Connection): Promise<void> => {
    while (!isInterrupted()) {
      const due = await source.next();
      if (due === undefined) return;
      const image = nextImage++ % target.requests.length;
      underWay++;
      const sent = performance.now();
      const remaining = due + timeoutMs - sent;
      const exchange =
        remaining > 0
          ? await connection.send(target.requests[image]!, remaining)
          : ({ kind: "timeout", detail: "queue", message: "no connection was free in time" } as const);
      // What the test itself gave up stays under way: it neither was answered nor failed.
      if ("kind" in exchange && exchange.detail === interrupted) return;
      underWay--;
      measurements.add(exchange, image, { due, sent, done: performance.now() });
      if ("kind" in exchange && exchange.kind !== "timeout") {
        await new Promise((resolve) => setTimeout(resolve, pauseAfterFailureMs));
      }
    }
  };

  const unfinished = (): number => underWay + source.waiting;
  const progress = setInterval(() => {
    onProgress(measurements.report(performance.now(), unfinished()));
  }, progressIntervalMs);
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  try {
    await Promise.all(connections.map(work));
  } finally {
    signal.removeEventListener("abort", stop);
    clearInterval(progress);
    source.stop();
    await Promise.all(connections.map((connection) => connection.close()));
  }
  return measurements.finalReport(performance.now(), unfinished());
}

/** Says when requests are due, to whichever connection asks next. */
interface RequestSource {
  /** When the next request is due, once that time has come; `undefined` when there are no more. */
  next(): Promise<number | undefined>;
  /** No more requests. */
  stop(): void;
  /** Requests that are due and that no connection has taken yet. */
  readonly waiting: number;
  /** Called once, when the last request has become due. */
  onEnd: () => void;
}

/** A request is due as soon as a connection is free. */
class ClosedSource implements RequestSource {
  readonly waiting = 0;
  onEnd: () => void = () => undefined;
  readonly #until: number;
  #left: number;
  #isOver = false;

  constructor({ durationSeconds = Infinity, requests = Infinity }: Load, begun: number) {
    this.#until = begun + durationSeconds * 1000;
    this.#left = requests;
  }

  next(): Promise<number | undefined> {
    const now = performance.now();
    if (now >= this.#until || this.#left <= 0) this.stop();
    if (this.#isOver) return Promise.resolve(undefined);
    this.#left--;
    return Promise.resolve(now);
  }

  stop(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.onEnd();
  }
}

/** A timer's delay must fit into 31 bits. */
const longestDelayMs = 2 ** 31 - 1;

/** Requests are due at times that were fixed before. */
class OpenSource implements RequestSource {
  onEnd: () => void = () => undefined;
  readonly #arrivals: Generator<number, void>;
  readonly #begun: number;
  /** When no more requests become due. */
  #end: number;
  readonly #onDue: (lateness: number) => void;
  /** When the next request is due; never, when there are no more. */
  #nextDue: number;
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;
  /** Due and not taken, oldest first, from `#firstWaiting` on. */
  #queue: number[] = [];
  #firstWaiting = 0;
  readonly #takers: ((due: number | undefined) => void)[] = [];

  constructor(load: Load, begun: number, seed: number, onDue: (lateness: number) => void) {
    this.#arrivals = arrivalTimes(load, seed);
    this.#begun = begun;
    this.#end = begun + (load.durationSeconds ?? Infinity) * 1000;
    this.#onDue = onDue;
    this.#nextDue = this.#advance(begun);
    this.#timer = setTimeout(this.#release, 0);
  }

  get waiting(): number {
    return this.#queue.length - this.#firstWaiting;
  }

  next(): Promise<number | undefined> {
    if (this.waiting > 0) {
      const due = this.#queue[this.#firstWaiting++]!;
      if (this.#firstWaiting > 1000 && this.#firstWaiting * 2 > this.#queue.length) {
        this.#queue = this.#queue.slice(this.#firstWaiting);
        this.#firstWaiting = 0;
      }
      return Promise.resolve(due);
    }
    if (this.#isOver) return Promise.resolve(undefined);
    return new Promise((resolve) => this.#takers.push(resolve));
  }

  /** Requests that wait already stay due; those that were to come are not. */
  stop(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.onEnd();
    for (const take of this.#takers.splice(0)) take(undefined);
  }

  /** Hands out what is due by now and comes back for the next. */
  readonly #release = (): void => {
    const now = performance.now();
    while (this.#nextDue <= now && this.#nextDue < this.#end) {
      this.#onDue(now - this.#nextDue);
      const take = this.#takers.pop();
      if (take) take(this.#nextDue);
      else this.#queue.push(this.#nextDue);
      this.#nextDue = this.#advance(now);
    }
    const next = Math.min(this.#nextDue, this.#end);
    if (now >= this.#end) this.stop();
    else this.#timer = setTimeout(this.#release, Math.min(Math.max(0, next - now), longestDelayMs));
  };

  #advance(now: number): number {
    const { value } = this.#arrivals.next();
    if (value !== undefined) return this.#begun + value;
    this.#end = Math.min(this.#end, now);
    return Infinity;
  }
}
