import type { EvaluationData } from "./evaluation-data.js";

/** Which answers a threshold on one label's score gives: everything scored at least `threshold` is flagged. */
export interface ThresholdMetrics {
  readonly label: string;
  readonly threshold: number;
  /** Share of the flagged examples that are of the label; 1 when nothing is flagged, where the curve ends too. */
  readonly precision: number;
  /** Share of the label's examples that are flagged; `NaN` when the test set has none. */
  readonly recall: number;
  readonly f1: number;
  /** Share of the other examples that are flagged; `NaN` when the test set has none. */
  readonly falsePositiveRate: number;
  readonly truePositives: number;
  readonly falsePositives: number;
  readonly falseNegatives: number;
  readonly trueNegatives: number;
}

/** @param index - Column of the label that is flagged. */
export function metricsAtThreshold(
  data: Pick<EvaluationData, "labels" | "labelIndices" | "scores">,
  index: number,
  threshold: number,
): ThresholdMetrics {
  let truePositives = 0;
  let falsePositives = 0;
  let positives = 0;
  for (let row = 0; row < data.labelIndices.length; row++) {
    const isPositive = data.labelIndices[row] === index;
    if (isPositive) positives++;
    if (data.scores[row * data.labels.length + index]! < threshold) continue;
    if (isPositive) truePositives++;
    else falsePositives++;
  }
  const negatives = data.labelIndices.length - positives;
  const flagged = truePositives + falsePositives;
  return {
    label: data.labels[index]!,
    threshold,
    precision: flagged === 0 ? 1 : truePositives / flagged,
    recall: positives === 0 ? NaN : truePositives / positives,
    f1: flagged + positives === 0 ? 0 : (2 * truePositives) / (flagged + positives),
    falsePositiveRate: negatives === 0 ? NaN : falsePositives / negatives,
    truePositives,
    falsePositives,
    falseNegatives: positives - truePositives,
    trueNegatives: negatives - falsePositives,
  };
}
