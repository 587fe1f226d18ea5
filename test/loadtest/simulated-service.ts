import { arrivalTimes } from "../../src/loadtest/arrivals.js";
import { Measurements } from "../../src/loadtest/measurements.js";
import type { Load, LoadStepReport } from "../../src/loadtest/report-types.js";

export interface SimulatedServiceOptions {
  /** Milliseconds of work that each request takes, one after the other. */
  readonly work: () => number;
  /** How many requests are worked on at a time. Default: 1. */
  readonly servers?: number;
  /** Stretches of time, in milliseconds and in order, in which nothing moves. Default: none. */
  readonly stalls?: readonly (readonly [from: number, until: number])[];
  /** Of the arrivals. Default: 0. */
  readonly seed?: number;
}

/** How often a step is looked at while it runs. */
const looks = 20;

const rightAnswer = { status: 200, serverTiming: undefined, body: Buffer.from('["[0,1]"]') };

/**
 * A queue served in order, and the load put on it, in a time of their own: each search takes the same course on every
 * machine. What a step leaves in the queue, the next one finds there.
 */
export class SimulatedService {
  readonly #work: () => number;
  readonly #stalls: readonly (readonly [number, number])[];
  /** When each server is free again. */
  #free: number[];
  /** The clock, in milliseconds. */
  now = 0;
  #seed: number;

  constructor({ work, servers = 1, stalls = [], seed = 0 }: SimulatedServiceOptions) {
    this.#seed = seed;
    this.#work = work;
    this.#stalls = stalls;
    this.#free = Array.from({ length: servers }, () => 0);
  }

  /** Applies a load as the generator's thread would; it ends early when `isHopeless` says so. */
  run(load: Load, isHopeless: (soFar: LoadStepReport) => boolean = () => false): Promise<LoadStepReport> {
    const measurements = new Measurements(load, "score", this.now);
    const report =
      load.loop === "open"
        ? this.#runOpen(load, measurements, isHopeless)
        : this.#runClosed(load, measurements);
    return Promise.resolve(report);
  }

  #runOpen(
    load: Load,
    measurements: Measurements,
    isHopeless: (soFar: LoadStepReport) => boolean,
  ): LoadStepReport {
    const begun = this.now;
    const exchanges: { due: number; done: number; free: readonly number[] }[] = [];
    for (const time of arrivalTimes(load, ++this.#seed)) {
      const due = begun + time;
      exchanges.push({ due, done: this.#serve(due), free: [...this.#free] });
    }
    measurements.end(exchanges.at(-1)!.due);
    const byEnd = exchanges.toSorted((a, b) => a.done - b.done);
    const betweenLooks = ((load.requests! / load.rate!) * 1000) / looks;
    let look = begun + betweenLooks;
    let ended = 0;
    for (const { due, done } of byEnd) {
      for (; look < done; look += betweenLooks) {
        if (!isHopeless(measurements.report(look, 0))) continue;
        // Requests that have come by now stay in the queue; the others do not come.
        const come = exchanges.filter((exchange) => exchange.due <= look);
        this.#free = [...come.at(-1)!.free];
        this.now = look;
        return measurements.finalReport(look, come.length - ended);
      }
      measurements.add(rightAnswer, 0, { due, sent: due, done });
      ended++;
    }
    this.now = byEnd.at(-1)!.done;
    return measurements.finalReport(this.now, 0);
  }

  /** Of one connection. */
  #runClosed(
    { durationSeconds = Infinity, requests = Infinity }: Load,
    measurements: Measurements,
  ): LoadStepReport {
    const until = this.now + 1000 * durationSeconds;
    for (let sent = 0; this.now < until && sent < requests; sent++) {
      const due = this.now;
      this.now = this.#serve(due);
      measurements.add(rightAnswer, 0, { due, sent: due, done: this.now });
    }
    measurements.end(this.now);
    return measurements.finalReport(this.now, 0);
  }

  /** When a request that comes at `time` is answered. */
  #serve(time: number): number {
    const server = this.#free.indexOf(Math.min(...this.#free));
    let done = Math.max(time, this.#free[server]!);
    let left = this.#work();
    for (const [from, until] of this.#stalls) {
      if (until <= done) continue;
      const before = Math.max(0, from - done);
      if (left <= before) break;
      left -= before;
      done = until;
    }
    return (this.#free[server] = done + left);
  }
}
