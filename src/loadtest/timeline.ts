import type { TimelinePoint } from "./report-types.js";
import { Times } from "./times.js";

/** Longest timeline: a soak of hours has longer stretches, not more of them. */
const mostStretches = 600;

/** What happened, stretch by stretch of at least a second. */
export class Timeline {
  readonly #begun: number;
  readonly #seconds: number;
  readonly #points: TimelinePoint[] = [];
  #latencies = new Times(2);
  #failures = 0;
  /** Latencies of the stretch before. */
  #before = new Times(2);

  /** @param begun - On the clock of `performance.now()`, as all times here. */
  constructor(begun: number, durationSeconds = 0) {
    this.#begun = begun;
    this.#seconds = Math.max(1, Math.ceil(durationSeconds / mostStretches));
  }

  addAnswer(now: number, latency: number): void {
    this.#advance(now);
    this.#latencies.add(latency);
  }

  addFailure(now: number): void {
    this.#advance(now);
    this.#failures++;
  }

  /** The stretches that are over by now. */
  points(now: number): TimelinePoint[] {
    this.#advance(now);
    return [...this.#points];
  }

  /** All stretches up to the end; a last one that is short would say little, and is added to the one before. */
  finish(end: number): TimelinePoint[] {
    this.#advance(end);
    if (this.#latencies.count + this.#failures === 0) return [...this.#points];
    const seconds = (end - this.#begun) / 1000 - this.#points.length * this.#seconds;
    const last = this.#points.at(-1);
    if (last === undefined || seconds >= this.#seconds / 2) return [...this.#points, this.#point(seconds)];
    this.#latencies.addAll(this.#before);
    const merged = this.#point(last.seconds + seconds);
    return [
      ...this.#points.slice(0, -1),
      { ...merged, second: last.second, errors: merged.errors + last.errors },
    ];
  }

  #advance(now: number): void {
    const whole = Math.floor((now - this.#begun) / 1000 / this.#seconds);
    while (this.#points.length < whole) {
      this.#points.push(this.#point(this.#seconds));
      [this.#before, this.#latencies] = [this.#latencies, this.#before];
      this.#latencies.reset();
      this.#failures = 0;
    }
  }

  #point(seconds: number): TimelinePoint {
    return {
      second: this.#points.length * this.#seconds,
      seconds,
      answers: this.#latencies.count,
      errors: this.#failures,
      p50: this.#latencies.percentile(50),
      p90: this.#latencies.percentile(90),
      p99: this.#latencies.percentile(99),
      max: this.#latencies.max,
    };
  }
}
