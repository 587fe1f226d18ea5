import type { TimelinePoint } from "./report-types.js";
import { serverParts, type ServerPart } from "./server-timing.js";
import { Times } from "./times.js";

/** Longest timeline: a soak of hours has longer stretches, not more of them. */
const mostStretches = 600;

export interface TimelineOptions {
  /** How long the step will be, where that is known; else stretches get longer as it goes on. */
  readonly durationSeconds?: number | undefined;
  /**
   * The interval at which a connection would send, in milliseconds, to correct latencies for coordinated omission by; 0 for
   * latencies that need no correction. Default: none do.
   */
  readonly expectedInterval?: () => number;
}

/** What happened, stretch by stretch of at least a second. */
export class Timeline {
  readonly #begun: number;
  readonly #expectedInterval: () => number;
  #seconds: number;
  #points: TimelinePoint[] = [];
  #stretch = new Stretch();
  /** The stretch before, all of which is the last point. */
  #before: Stretch | undefined;

  /** @param begun - On the clock of `performance.now()`, as all times here. */
  constructor(begun: number, { durationSeconds = 0, expectedInterval = () => 0 }: TimelineOptions = {}) {
    this.#begun = begun;
    this.#expectedInterval = expectedInterval;
    this.#seconds = Math.max(1, Math.ceil(durationSeconds / mostStretches));
  }

  /** @param serverTimes - What the server says of its parts, in milliseconds; others than {@link serverParts} are left out. */
  addAnswer(now: number, latency: number, serverTimes: readonly (readonly [string, number])[] = []): void {
    this.#advance(now);
    this.#stretch.addAnswer(latency, serverTimes);
  }

  addFailure(now: number): void {
    this.#advance(now);
    this.#stretch.failures++;
  }

  /** The stretches that are over by now. */
  points(now: number): TimelinePoint[] {
    this.#advance(now);
    return [...this.#points];
  }

  /** All stretches up to the end; a last one that is short would say little, and is added to the one before. */
  finish(end: number): TimelinePoint[] {
    this.#advance(end);
    if (this.#stretch.isEmpty) return [...this.#points];
    const seconds = (end - this.#begun) / 1000 - this.#points.length * this.#seconds;
    if (this.#before === undefined || seconds >= this.#seconds / 2) {
      return [...this.#points, this.#point(this.#points.length, seconds)];
    }
    this.#stretch.addAll(this.#before);
    const last = this.#points.length - 1;
    return [...this.#points.slice(0, -1), this.#point(last, this.#seconds + seconds)];
  }

  #advance(now: number): void {
    while ((now - this.#begun) / 1000 >= (this.#points.length + 1) * this.#seconds) {
      if (this.#points.length === mostStretches) {
        // The stretch under way goes on, twice as long.
        this.#points = joinedPoints(this.#points, 2);
        this.#seconds *= 2;
        this.#before = undefined;
        continue;
      }
      this.#points.push(this.#point(this.#points.length, this.#seconds));
      const over = this.#stretch;
      this.#stretch = this.#before ?? new Stretch();
      this.#before = over;
      this.#stretch.reset();
    }
  }

  #point(index: number, seconds: number): TimelinePoint {
    return this.#stretch.point(index * this.#seconds, seconds, this.#expectedInterval());
  }
}

/** What happened in a stretch of time. */
class Stretch {
  readonly #latencies = new Times(2);
  readonly #serverTimes = new Map<ServerPart, Times>();
  failures = 0;

  get isEmpty(): boolean {
    return this.#latencies.count + this.failures === 0;
  }

  addAnswer(latency: number, serverTimes: readonly (readonly [string, number])[]): void {
    this.#latencies.add(latency);
    for (const [name, milliseconds] of serverTimes) {
      const part = serverParts.find((known) => known === name);
      if (part !== undefined) this.#timesOf(part).add(milliseconds);
    }
  }

  addAll(other: Stretch): void {
    this.#latencies.addAll(other.#latencies);
    for (const [part, times] of other.#serverTimes) this.#timesOf(part).addAll(times);
    this.failures += other.failures;
  }

  reset(): void {
    this.#latencies.reset();
    for (const times of this.#serverTimes.values()) times.reset();
    this.failures = 0;
  }

  point(second: number, seconds: number, expectedInterval: number): TimelinePoint {
    const answers = this.#latencies.count;
    const latencies =
      expectedInterval > 0
        ? this.#latencies.correctedForCoordinatedOmission(expectedInterval)
        : this.#latencies;
    const told = [...this.#serverTimes].filter(([, { count }]) => count > 0);
    return {
      second,
      seconds,
      answers,
      errors: this.failures,
      p50: latencies.percentile(50),
      p90: latencies.percentile(90),
      p99: latencies.percentile(99),
      max: latencies.max,
      serverTimes: Object.fromEntries(
        told.map(([part, times]) => [part, { p50: times.percentile(50), p99: times.percentile(99) }]),
      ),
    };
  }

  #timesOf(part: ServerPart): Times {
    let times = this.#serverTimes.get(part);
    if (times === undefined) this.#serverTimes.set(part, (times = new Times(2)));
    return times;
  }
}

/** Each `together` neighbours as one point; of percentiles, which cannot be joined, the worst is kept. */
export function joinedPoints(points: readonly TimelinePoint[], together: number): TimelinePoint[] {
  const groups = Array.from({ length: Math.ceil(points.length / together) }, (_, at) =>
    points.slice(at * together, (at + 1) * together),
  );
  return groups.map((group) => group.reduce(joined));
}

function joined(a: TimelinePoint, b: TimelinePoint): TimelinePoint {
  const parts = serverParts.filter((part) => a.serverTimes[part] ?? b.serverTimes[part]);
  const worst = (part: ServerPart, name: "p50" | "p99"): number =>
    Math.max(a.serverTimes[part]?.[name] ?? 0, b.serverTimes[part]?.[name] ?? 0);
  return {
    second: a.second,
    seconds: a.seconds + b.seconds,
    answers: a.answers + b.answers,
    errors: a.errors + b.errors,
    p50: Math.max(a.p50, b.p50),
    p90: Math.max(a.p90, b.p90),
    p99: Math.max(a.p99, b.p99),
    max: Math.max(a.max, b.max),
    serverTimes: Object.fromEntries(
      parts.map((part) => [part, { p50: worst(part, "p50"), p99: worst(part, "p99") }]),
    ),
  };
}
