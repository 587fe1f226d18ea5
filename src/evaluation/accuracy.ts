/** Where a rate measured on a sample may truly lie. Both ends are in `[0, 1]`. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** The 0.975 quantile of the normal distribution. */
const z = 1.959963984540054;

/**
 * 95 % Wilson score interval of a rate.
 *
 * Unlike the textbook `rate ± 2 standard errors` it stays inside `[0, 1]` and stays honest for few
 * trials and for rates near 0 or 1: 22 right of 22 gives 0.85 to 1, not 1 to 1.
 *
 * @param successes - Right answers, `0 <= successes <= trials`.
 * @param trials - Answers in all, at least 1.
 * @see E. B. Wilson, Probable inference, the law of succession, and statistical inference, JASA 22 (1927);
 *   recommended by Brown, Cai, DasGupta, Interval estimation for a binomial proportion, Statistical Science 16 (2001).
 */
export function wilsonInterval(successes: number, trials: number): Interval {
  const rate = successes / trials;
  const scale = 1 + (z * z) / trials;
  const centre = (rate + (z * z) / (2 * trials)) / scale;
  const half = (z / scale) * Math.sqrt((rate * (1 - rate)) / trials + (z * z) / (4 * trials * trials));
  // The formula's ends are exactly 0 and 1 there; rounding must not say otherwise.
  return {
    low: successes === 0 ? 0 : Math.max(0, centre - half),
    high: successes === trials ? 1 : Math.min(1, centre + half),
  };
}

/** Share of examples whose prediction is right. */
export function accuracyScore(labelIndices: Int32Array, predictions: Int32Array): number {
  return countCorrect(labelIndices, predictions) / labelIndices.length;
}

/** Number of examples whose prediction is right. */
export function countCorrect(labelIndices: Int32Array, predictions: Int32Array): number {
  let correct = 0;
  for (let i = 0; i < labelIndices.length; i++) if (labelIndices[i] === predictions[i]) correct++;
  return correct;
}

/** Column of the largest score of each row; of equal ones the first, as NumPy's `argmax`. */
export function argmaxRows(scores: Float64Array, rows: number, columns: number): Int32Array {
  const best = new Int32Array(rows);
  for (let row = 0; row < rows; row++) {
    const offset = row * columns;
    let winner = 0;
    for (let column = 1; column < columns; column++) {
      if (scores[offset + column]! > scores[offset + winner]!) winner = column;
    }
    best[row] = winner;
  }
  return best;
}

/**
 * Share of examples whose true label is among the `k` best scored.
 *
 * @param ties - Which of equally scored labels counts as better: `"last"`, the one with the higher index, is
 *   scikit-learn's rule; `"first"` agrees with `argmax`, so that `k = 1` gives the accuracy.
 */
export function topKAccuracyScore(
  scores: Float64Array,
  labelIndices: Int32Array,
  labelCount: number,
  k: number,
  ties: "first" | "last",
): number {
  let hits = 0;
  for (let row = 0; row < labelIndices.length; row++) {
    const offset = row * labelCount;
    const truth = labelIndices[row]!;
    const score = scores[offset + truth]!;
    let better = 0;
    for (let label = 0; label < labelCount; label++) {
      const other = scores[offset + label]!;
      const winsTie = ties === "last" ? label > truth : label < truth;
      if (other > score || (other === score && winsTie)) better++;
    }
    if (better < k) hits++;
  }
  return hits / labelIndices.length;
}
