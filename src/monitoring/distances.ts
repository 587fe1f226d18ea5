/**
 * How far two samples are from each other.
 */

/** A share of 0 has no logarithm: bins hold at least this part. */
const leastShare = 1e-4;

/**
 * Population stability index: `sum (q - p) ln(q / p)` over bins, with `p` and `q` the shares of the two samples in a bin. Below
 * 0.1 is commonly read as stable, above 0.25 as a shift.
 *
 * @param reference - Counts by bin; `recent` in the same bins. Neither sample may be empty.
 * @see N. Siddiqi, Credit Risk Scorecards (2006), chapter 8; it is Jeffreys's divergence of the binned samples.
 */
export function populationStabilityIndex(reference: readonly number[], recent: readonly number[]): number {
  const shares = (counts: readonly number[]): number[] => {
    const total = counts.reduce((sum, count) => sum + count, 0);
    return counts.map((count) => Math.max(leastShare, count / total));
  };
  const p = shares(reference);
  const q = shares(recent);
  return p.reduce((sum, share, bin) => sum + (q[bin]! - share) * Math.log(q[bin]! / share), 0);
}

/** Inner edges that part a sample into `bins` of about equal count, fewer where values repeat. */
export function quantileEdges(values: readonly number[], bins: number): number[] {
  const sorted = [...values].sort((a, b) => a - b);
  const edges = Array.from(
    { length: bins - 1 },
    (_, index) => sorted[Math.floor(((index + 1) * sorted.length) / bins)]!,
  );
  return [...new Set(edges)];
}

/** How many values lie in each of the bins that the edges part; a value on an edge belongs to the bin above it. */
export function countsByBin(values: readonly number[], edges: readonly number[]): number[] {
  const counts = new Array<number>(edges.length + 1).fill(0);
  for (const value of values) {
    let bin = 0;
    while (bin < edges.length && value >= edges[bin]!) bin++;
    counts[bin]!++;
  }
  return counts;
}

export interface KolmogorovSmirnov {
  /** Largest difference between the two cumulative distributions, in [0, 1]. */
  readonly statistic: number;
  /** Probability of a difference so large between two samples of one distribution. */
  readonly pValue: number;
}

/**
 * Two-sample Kolmogorov-Smirnov test, with the asymptotic distribution.
 *
 * @see N. Smirnov, Table for estimating the goodness of fit of empirical distributions, Annals of Mathematical Statistics
 *   19 (1948); the correction for finite samples is M. Stephens's (1970).
 */
export function kolmogorovSmirnov(a: readonly number[], b: readonly number[]): KolmogorovSmirnov {
  const x = [...a].sort((left, right) => left - right);
  const y = [...b].sort((left, right) => left - right);
  let statistic = 0;
  for (let i = 0, j = 0; i < x.length && j < y.length;) {
    const value = Math.min(x[i]!, y[j]!);
    while (i < x.length && x[i]! <= value) i++;
    while (j < y.length && y[j]! <= value) j++;
    statistic = Math.max(statistic, Math.abs(i / x.length - j / y.length));
  }
  const root = Math.sqrt((x.length * y.length) / (x.length + y.length));
  return { statistic, pValue: kolmogorovTail((root + 0.12 + 0.11 / root) * statistic) };
}

/** Probability that Kolmogorov's distribution exceeds `lambda`. */
function kolmogorovTail(lambda: number): number {
  // The alternating series is slow near 0, where the probability is 1 to more than ten digits.
  if (lambda < 0.2) return 1;
  let sum = 0;
  for (let k = 1, sign = 1; k <= 100; k++, sign = -sign) {
    const term = Math.exp(-2 * k * k * lambda * lambda);
    sum += sign * term;
    if (term < 1e-16) break;
  }
  return Math.min(1, Math.max(0, 2 * sum));
}

/**
 * Probability of a stability index so large between two samples of one distribution: under that, the index divided by
 * `1 / n + 1 / m` is about chi-squared with one degree of freedom less than there are bins.
 *
 * @see B. Yurdakul, Statistical Properties of Population Stability Index (2018).
 */
export function stabilityPValue(index: number, bins: number, n: number, m: number): number {
  if (bins < 2) return 1;
  return chiSquaredTail(index / (1 / n + 1 / m), bins - 1);
}

/** Probability that chi-squared with so many degrees of freedom exceeds `x`: the upper regularised gamma function. */
export function chiSquaredTail(x: number, degrees: number): number {
  if (!(x > 0)) return 1;
  const shape = degrees / 2;
  const half = x / 2;
  const front = Math.exp(shape * Math.log(half) - half - logGamma(shape));
  if (half < shape + 1) {
    let term = 1 / shape;
    let sum = term;
    for (let n = 1; n < 1000 && term > sum * 1e-15; n++) sum += term *= half / (shape + n);
    return Math.max(0, 1 - front * sum);
  }
  // Lentz's continued fraction.
  let b = half + 1 - shape;
  let c = 1e300;
  let d = 1 / b;
  let fraction = d;
  for (let n = 1; n < 1000; n++) {
    const a = -n * (n - shape);
    b += 2;
    d = 1 / (a * d + b);
    c = b + a / c;
    fraction *= d * c;
    if (Math.abs(d * c - 1) < 1e-15) break;
  }
  return front * fraction;
}

/** Stirling's series, after stepping up to where it is exact to double precision. */
function logGamma(x: number): number {
  let shift = 0;
  for (; x < 15; x++) shift += Math.log(x);
  const inverse = 1 / (x * x);
  const series = (1 / 12 - inverse * (1 / 360 - inverse * (1 / 1260 - inverse / 1680))) / x;
  return (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + series - shift;
}
