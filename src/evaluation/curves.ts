/** True and false positives when everything scored at least a threshold counts as positive. */
export interface ThresholdCounts {
  /** The distinct scores, falling. */
  readonly thresholds: Float64Array;
  readonly truePositives: Float64Array;
  readonly falsePositives: Float64Array;
}

/**
 * Receiver operating characteristic: what catching more of a label costs in false alarms.
 *
 * Points run from (0, 0) to (1, 1). Rates are `NaN` where the test set has no example to measure them on.
 */
export interface RocCurve {
  /** Share of the other examples that are wrongly flagged, rising. */
  readonly falsePositiveRate: Float64Array;
  /** Share of the label's examples that are found, rising. */
  readonly truePositiveRate: Float64Array;
  /** Score from which an example is flagged, falling; the first is `Infinity` (nothing is flagged). Absent for a macro average. */
  readonly thresholds?: Float64Array;
  /** Labels left out of a macro average, because the test set has no example of them, or nothing else. */
  readonly skipped?: readonly string[];
}

/**
 * Precision and recall at every threshold, as scikit-learn's `precision_recall_curve`: recall falls from 1 to 0,
 * thresholds rise, and a last point (recall 0, precision 1) without threshold closes the curve.
 */
export interface PrecisionRecallCurve {
  readonly precision: Float64Array;
  readonly recall: Float64Array;
  /** One shorter than `precision`. Absent for a macro average. */
  readonly thresholds?: Float64Array;
  /** Labels left out of a macro average, because the test set has no example of them. */
  readonly skipped?: readonly string[];
}

/** @param positiveScores - Scores of the positive examples, in any order; sorted in place, as are the negative ones. */
export function countByThreshold(
  positiveScores: Float64Array,
  negativeScores: Float64Array,
): ThresholdCounts {
  // Two native numeric sorts and a merge: ten times faster than sorting examples by a comparison function.
  positiveScores.sort();
  negativeScores.sort();
  const room = positiveScores.length + negativeScores.length;
  const thresholds = new Float64Array(room);
  const truePositives = new Float64Array(room);
  const falsePositives = new Float64Array(room);
  let points = 0;
  let p = positiveScores.length - 1;
  let n = negativeScores.length - 1;
  while (p >= 0 || n >= 0) {
    const threshold = Math.max(
      p >= 0 ? positiveScores[p]! : -Infinity,
      n >= 0 ? negativeScores[n]! : -Infinity,
    );
    while (p >= 0 && positiveScores[p]! >= threshold) p--;
    while (n >= 0 && negativeScores[n]! >= threshold) n--;
    thresholds[points] = threshold;
    truePositives[points] = positiveScores.length - 1 - p;
    falsePositives[points] = negativeScores.length - 1 - n;
    points++;
  }
  return {
    thresholds: thresholds.slice(0, points),
    truePositives: truePositives.slice(0, points),
    falsePositives: falsePositives.slice(0, points),
  };
}

/**
 * @param dropIntermediate - Leave out points on a straight line between their neighbours; the area stays the same.
 */
export function rocCurveOf(counts: ThresholdCounts, dropIntermediate: boolean): RocCurve {
  const { truePositives, falsePositives } = counts;
  const kept = dropIntermediate
    ? keptPoints(counts, (i) => bends(falsePositives, i) || bends(truePositives, i))
    : keptPoints(counts, () => true);
  return {
    falsePositiveRate: rates(prepend(0, pick(falsePositives, kept)), falsePositives.at(-1)!),
    truePositiveRate: rates(prepend(0, pick(truePositives, kept)), truePositives.at(-1)!),
    thresholds: prepend(Infinity, pick(counts.thresholds, kept)),
  };
}

/**
 * @param dropIntermediate - Keep only the first and last point of each recall; average precision stays the same.
 */
export function precisionRecallCurveOf(
  counts: ThresholdCounts,
  dropIntermediate: boolean,
): PrecisionRecallCurve {
  const { truePositives, falsePositives } = counts;
  const kept = dropIntermediate
    ? keptPoints(
        counts,
        (i) => truePositives[i] !== truePositives[i - 1] || truePositives[i + 1] !== truePositives[i],
      )
    : keptPoints(counts, () => true);
  const found = pick(truePositives, kept);
  const alarms = pick(falsePositives, kept);
  const precision = found.map((count, i) => count / (count + alarms[i]!));
  const total = truePositives.at(-1)!;
  return {
    precision: append(precision.reverse(), 1),
    recall: append(rates(found, total).reverse(), total === 0 ? NaN : 0),
    thresholds: pick(counts.thresholds, kept).reverse(),
  };
}

/**
 * Average precision: the sum of precisions, each weighted by the recall it adds; no interpolation.
 *
 * @see scikit-learn's `average_precision_score`, which equals this.
 */
export function averagePrecisionOf({ truePositives, falsePositives }: ThresholdCounts): number {
  let sum = 0;
  let before = 0;
  for (let i = 0; i < truePositives.length; i++) {
    const found = truePositives[i]!;
    if (found > before) sum += ((found - before) * found) / (found + falsePositives[i]!);
    before = found;
  }
  return before === 0 ? NaN : sum / before;
}

/** Area under the ROC curve of a label, straight from the counts. */
export function rocAreaOf({ truePositives, falsePositives }: ThresholdCounts): number {
  let sum = 0;
  let [found, alarms] = [0, 0];
  for (let i = 0; i < truePositives.length; i++) {
    sum += ((falsePositives[i]! - alarms) * (truePositives[i]! + found)) / 2;
    [found, alarms] = [truePositives[i]!, falsePositives[i]!];
  }
  return found === 0 || alarms === 0 ? NaN : sum / (found * alarms);
}

function keptPoints(counts: ThresholdCounts, keep: (index: number) => boolean): Int32Array {
  const last = counts.thresholds.length - 1;
  const kept = new Int32Array(last + 1);
  let size = 0;
  for (let i = 0; i <= last; i++) if (i === 0 || i === last || keep(i)) kept[size++] = i;
  return kept.subarray(0, size);
}

function bends(values: Float64Array, i: number): boolean {
  return values[i + 1]! - 2 * values[i]! + values[i - 1]! !== 0;
}

function pick(values: Float64Array, indices: Int32Array): Float64Array {
  const picked = new Float64Array(indices.length);
  for (let i = 0; i < indices.length; i++) picked[i] = values[indices[i]!]!;
  return picked;
}

function rates(counts: Float64Array, total: number): Float64Array {
  return counts.map((count) => (total === 0 ? NaN : count / total));
}

function prepend(first: number, rest: Float64Array): Float64Array {
  const values = new Float64Array(rest.length + 1);
  values[0] = first;
  values.set(rest, 1);
  return values;
}

function append(values: Float64Array, last: number): Float64Array {
  const longer = new Float64Array(values.length + 1);
  longer.set(values);
  longer[values.length] = last;
  return longer;
}
