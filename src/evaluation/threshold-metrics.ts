import type { EvaluationData } from "./evaluation-data.js";

/** Which answers a threshold on one label's score gives: everything scored at least `threshold` is flagged. */
export interface ThresholdMetrics {
  /** The label's name, or `"micro average"`. */
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

/**
 * @param column - Column of the label that is flagged; `"micro"` pools every "is it this label?" decision of every
 *   example, as the micro-averaged curve does.
 */
export function metricsAtThreshold(
  data: Pick<EvaluationData, "labels" | "labelIndices" | "scores">,
  column: number | "micro",
  threshold: number,
): ThresholdMetrics {
  const width = data.labels.length;
  const [first, last] = column === "micro" ? [0, width - 1] : [column, column];
  let truePositives = 0;
  let falsePositives = 0;
  let positives = 0;
  for (let row = 0; row < data.labelIndices.length; row++) {
    const truth = data.labelIndices[row]!;
    if (truth >= first && truth <= last) positives++;
    for (let label = first; label <= last; label++) {
      if (data.scores[row * width + label]! < threshold) continue;
      if (label === truth) truePositives++;
      else falsePositives++;
    }
  }
  const negatives = data.labelIndices.length * (last - first + 1) - positives;
  const flagged = truePositives + falsePositives;
  return {
    label: column === "micro" ? "micro average" : data.labels[column]!,
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
