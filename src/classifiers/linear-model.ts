import { ArgumentError } from "../errors.js";
import type { FeatureMatrix } from "./feature-matrix.js";
import { multiplyRows } from "./matrix-products.js";

/** What a linear learner learned: plain data, the same for all learners. */
export interface LinearModel {
  readonly labelCount: number;
  /** Features per example. */
  readonly columns: number;
  /** Indices of the labels that had training examples, rising; others are never predicted. */
  readonly seenLabels: readonly number[];
  /**
   * Weights, row-major `[vectors, columns]`: one row per seen label; for two seen labels only one row,
   * whose score is positive for the second.
   */
  readonly coefficients: Float64Array;
  /** `[vectors]` */
  readonly intercepts: Float64Array;
}

/** A model as one weight row and one intercept per label, for exporters. */
export interface DenseLinearModel {
  /** Row-major `[labelCount, columns]` */
  readonly coefficients: Float64Array;
  /** `[labelCount]`; `-Infinity` for a label that had no training examples. */
  readonly intercepts: Float64Array;
}

/**
 * @param pairScale - For two seen labels, the scores are `-pairScale * score` and `pairScale * score`.
 */
export function denseModel(model: LinearModel, pairScale: number): DenseLinearModel {
  const { labelCount, columns, seenLabels } = model;
  const coefficients = new Float64Array(labelCount * columns);
  const intercepts = new Float64Array(labelCount).fill(-Infinity);
  const isPair = seenLabels.length === 2;
  for (const [place, label] of seenLabels.entries()) {
    const row = isPair ? 0 : place;
    const factor = !isPair ? 1 : place === 0 ? -pairScale : pairScale;
    const source = model.coefficients.subarray(row * columns, (row + 1) * columns);
    coefficients.set(
      source.map((value) => value * factor),
      label * columns,
    );
    intercepts[label] = model.intercepts[row]! * factor;
  }
  return { coefficients, intercepts };
}

/** Scores of every label, row-major `[rows, labelCount]`. */
export function denseScores(model: DenseLinearModel, features: FeatureMatrix): Float64Array {
  const labelCount = model.intercepts.length;
  const scores = new Float64Array(features.rows * labelCount);
  const rows = Int32Array.from({ length: features.rows }, (_, row) => row);
  multiplyRows(features, rows, model.coefficients, labelCount, scores);
  return scores.map((score, i) => score + model.intercepts[i % labelCount]!);
}

/** Counts the labels' examples. @throws {@link ArgumentError} when fewer than two labels have any. */
export function countLabels(
  where: string,
  labelIndices: Int32Array,
  rows: number,
  labelCount: number,
): Int32Array {
  if (labelIndices.length !== rows) {
    throw new ArgumentError(
      where,
      "labelIndices",
      `one index per row of features, ${rows}`,
      labelIndices.length,
    );
  }
  const counts = new Int32Array(labelCount);
  labelIndices.forEach((index, row) => {
    if (index < 0 || index >= labelCount) {
      throw new ArgumentError(where, `labelIndices[${row}]`, `an index below ${labelCount}`, index);
    }
    counts[index]!++;
  });
  const seen = counts.filter((count) => count > 0).length;
  if (seen < 2) {
    throw new ArgumentError(
      where,
      "labelIndices",
      "of at least two labels",
      `${rows} examples of ${seen} label${seen === 1 ? "" : "s"}`,
      "There is nothing to tell apart.",
    );
  }
  return counts;
}
