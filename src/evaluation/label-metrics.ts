import type { ConfusionMatrix } from "./confusion-matrix.js";

/** What a ratio with denominator 0 is taken for: 0, 1, or `"nan"`, which averages then leave out. */
export type ZeroDivision = 0 | 1 | "nan";

export interface PrecisionRecall {
  /** Of the examples predicted as this label, the share that is. */
  readonly precision: number;
  /** Of the examples of this label, the share that was found. */
  readonly recall: number;
  /** Harmonic mean of precision and recall. */
  readonly f1: number;
}

/** How well one label is told apart. All rates in `[0, 1]`, higher is better. */
export interface LabelMetrics extends PrecisionRecall {
  readonly label: string;
  /** Examples whose true label this is. */
  readonly support: number;
  /** Examples that were given this label. */
  readonly predicted: number;
  readonly correct: number;
}

/**
 * Precision, recall and F1 over all labels at once, as scikit-learn's `precision_recall_fscore_support`.
 *
 * A label that neither occurs in the test set nor was ever predicted says nothing about the model and is left out
 * (scikit-learn does the same unless labels are listed).
 */
export interface AveragedMetrics {
  /** Counts of all labels added first; with one label per example all three equal the accuracy. */
  readonly micro: PrecisionRecall;
  /** Plain mean over the labels: rare labels count as much as frequent ones. */
  readonly macro: PrecisionRecall;
  /** Mean over the labels, each by its support. */
  readonly weighted: PrecisionRecall;
}

export function metricsByLabel(
  matrix: ConfusionMatrix,
  labels: readonly string[],
  zeroDivision: ZeroDivision,
): LabelMetrics[] {
  return labels.map((label, index) => {
    const correct = matrix[index]![index]!;
    const support = matrix[index]!.reduce((sum, count) => sum + count, 0);
    const predicted = matrix.reduce((sum, row) => sum + row[index]!, 0);
    return { label, ...ratios(correct, predicted, support, zeroDivision), support, predicted, correct };
  });
}

export function averageMetrics(
  metrics: readonly LabelMetrics[],
  zeroDivision: ZeroDivision,
): AveragedMetrics {
  const occurring = metrics.filter((label) => label.support > 0 || label.predicted > 0);
  const total = (pick: (label: LabelMetrics) => number): number =>
    occurring.reduce((sum, label) => sum + pick(label), 0);
  const mean = (weight: (label: LabelMetrics) => number): PrecisionRecall => ({
    precision: weightedMean(occurring, (label) => label.precision, weight),
    recall: weightedMean(occurring, (label) => label.recall, weight),
    f1: weightedMean(occurring, (label) => label.f1, weight),
  });
  return {
    micro: ratios(
      total((label) => label.correct),
      total((label) => label.predicted),
      total((label) => label.support),
      zeroDivision,
    ),
    macro: mean(() => 1),
    weighted: mean((label) => label.support),
  };
}

function ratios(
  correct: number,
  predicted: number,
  support: number,
  zeroDivision: ZeroDivision,
): PrecisionRecall {
  const undefinedRatio = zeroDivision === "nan" ? NaN : zeroDivision;
  return {
    precision: predicted === 0 ? undefinedRatio : correct / predicted,
    recall: support === 0 ? undefinedRatio : correct / support,
    f1: predicted + support === 0 ? undefinedRatio : (2 * correct) / (predicted + support),
  };
}

/**
 * Mean over the items whose value is a number; `NaN` where none is.
 *
 * Where all those weigh nothing they count equally, as in scikit-learn.
 */
export function weightedMean<T>(
  items: readonly T[],
  value: (item: T) => number,
  weight: (item: T) => number,
): number {
  const pairs = items.map((item) => [value(item), weight(item)] as const);
  const defined = pairs.filter(([number]) => !Number.isNaN(number));
  const weights = defined.reduce((sum, [, share]) => sum + share, 0);
  const sum = defined.reduce((total, [number, share]) => total + number * (weights === 0 ? 1 : share), 0);
  return sum / (weights === 0 ? defined.length : weights);
}
