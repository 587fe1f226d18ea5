/**
 * Counts of examples by true label (rows) and predicted label (columns).
 *
 * Rows are the truth, as in scikit-learn's `confusion_matrix` and TensorFlow's; some textbooks transpose it.
 */
export type ConfusionMatrix = readonly (readonly number[])[];

export function countConfusions(
  labelIndices: Int32Array,
  predictions: Int32Array,
  labelCount: number,
): ConfusionMatrix {
  const matrix = Array.from({ length: labelCount }, () => new Array<number>(labelCount).fill(0));
  for (let i = 0; i < labelIndices.length; i++) matrix[labelIndices[i]!]![predictions[i]!]!++;
  return matrix;
}

/**
 * As {@link countConfusions}, with one more column, the last, for examples whose best label scores below that label's
 * threshold: those are decided "unknown", as a server with these thresholds does.
 *
 * @param confidences - Score of the predicted label, `[examples]`.
 * @param thresholds - One per label.
 */
export function countDecisions(
  labelIndices: Int32Array,
  predictions: Int32Array,
  confidences: Float64Array,
  thresholds: readonly number[],
): ConfusionMatrix {
  const unknown = thresholds.length;
  const matrix = thresholds.map(() => new Array<number>(unknown + 1).fill(0));
  for (let i = 0; i < labelIndices.length; i++) {
    const prediction = predictions[i]!;
    const isDecided = confidences[i]! >= thresholds[prediction]!;
    matrix[labelIndices[i]!]![isDecided ? prediction : unknown]!++;
  }
  return matrix;
}

/** What each cell is divided by: its row's sum (true), its column's (predicted), all examples, or nothing. */
export type ConfusionNormalization = "true" | "predicted" | "all" | "none";

/** The matrix as shares; a row or column without examples stays 0, as in scikit-learn. */
export function normalizeConfusions(matrix: ConfusionMatrix, by: ConfusionNormalization): ConfusionMatrix {
  if (by === "none") return matrix;
  const rowSums = matrix.map((row) => row.reduce((sum, count) => sum + count, 0));
  const columnSums = matrix.map((_, column) => matrix.reduce((sum, row) => sum + row[column]!, 0));
  const total = rowSums.reduce((sum, count) => sum + count, 0);
  return matrix.map((row, i) =>
    row.map((count, j) => {
      const divisor = by === "true" ? rowSums[i]! : by === "predicted" ? columnSums[j]! : total;
      return divisor === 0 ? 0 : count / divisor;
    }),
  );
}
