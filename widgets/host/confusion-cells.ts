import type { ConfusionMatrix } from "../../src/index.js";
import { listedConfusions, tableLabels, type ConfusionCell } from "../state/index.js";

/**
 * The cells of a confusion matrix that have examples, for a view; of more labels than a table can show the most
 * frequent mistakes alone. A column behind the labels' is kept like the others.
 */
export function confusionCells(matrix: ConfusionMatrix): ConfusionCell[] {
  const cells = matrix.flatMap((row, trueLabel) =>
    row.flatMap((count, predictedLabel): ConfusionCell[] =>
      count === 0 ? [] : [[trueLabel, predictedLabel, count]],
    ),
  );
  if (matrix.length <= tableLabels) return cells;
  return cells
    .filter(([trueLabel, predictedLabel]) => trueLabel !== predictedLabel)
    .sort((a, b) => b[2] - a[2])
    .slice(0, listedConfusions);
}
