import { build, type Histogram } from "hdr-histogram-js";

import type { TimeSummary } from "./report-types.js";

/** A distribution of times in a fixed amount of memory: an HDR histogram of microseconds. */
export class Times {
  readonly #histogram: Histogram;

  /** @param digits - Precision, in significant decimal digits. */
  constructor(digits: 2 | 3 = 3, histogram?: Histogram) {
    this.#histogram =
      histogram ??
      build({
        lowestDiscernibleValue: 1,
        highestTrackableValue: 60_000_000,
        autoResize: true,
        numberOfSignificantValueDigits: digits,
      });
  }

  /** @param milliseconds - Below a microsecond counts as one. */
  add(milliseconds: number): void {
    this.#histogram.recordValue(Math.max(1, Math.round(milliseconds * 1000)));
  }

  get count(): number {
    return this.#histogram.totalCount;
  }

  /** Milliseconds below or at which `percentile` percent of the times are. */
  percentile(percentile: number): number {
    return this.count === 0 ? 0 : this.#histogram.getValueAtPercentile(percentile) / 1000;
  }

  get max(): number {
    return this.#histogram.maxValue / 1000;
  }

  summary(): TimeSummary {
    return {
      count: this.count,
      mean: this.count === 0 ? 0 : this.#histogram.mean / 1000,
      p50: this.percentile(50),
      p90: this.percentile(90),
      p95: this.percentile(95),
      p99: this.percentile(99),
      p999: this.percentile(99.9),
      max: this.max,
    };
  }

  /** The percentiles that a chart on a logarithmic axis of rareness shows. */
  distribution(): { readonly percentile: number; readonly latency: number }[] {
    if (this.count === 0) return [];
    const percentiles: number[] = [];
    for (let rest = 100; rest > 50 / this.count && percentiles.length < 400; rest *= 0.93) {
      percentiles.push(100 - rest);
    }
    return [...percentiles, 100].map((percentile) => ({ percentile, latency: this.percentile(percentile) }));
  }

  /**
   * With the times that requests would have waited which a connection could not send while it waited for a slow answer.
   *
   * @param expectedInterval - Between two requests of a connection, in milliseconds. Default: the median.
   */
  correctedForCoordinatedOmission(expectedInterval = this.percentile(50)): Times {
    if (this.count === 0) return this;
    const interval = Math.max(1, Math.round(expectedInterval * 1000));
    return new Times(3, this.#histogram.copyCorrectedForCoordinatedOmission(interval));
  }

  addAll(other: Times): void {
    this.#histogram.add(other.#histogram);
  }

  reset(): void {
    this.#histogram.reset();
  }
}
