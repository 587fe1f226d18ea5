import type { FeatureMatrix } from "./feature-matrix.js";

/**
 * The two products that linear learners spend their time in. Rows are taken in blocks, so that each number fetched
 * from memory serves several multiplications.
 */

/**
 * `scores[row, vector] = features[row] . vectors[vector]` for the listed rows; other scores stay as they are.
 *
 * @param vectors - Row-major `[vectorCount, columns]`.
 * @param scores - Row-major `[rows, vectorCount]`, written.
 */
export function multiplyRows(
  features: FeatureMatrix,
  rows: Int32Array,
  vectors: Float64Array,
  vectorCount: number,
  scores: Float64Array,
): void {
  const { data, columns } = features;
  let i = 0;
  for (; i + 3 < rows.length; i += 4) {
    const r0 = rows[i]! * columns;
    const r1 = rows[i + 1]! * columns;
    const r2 = rows[i + 2]! * columns;
    const r3 = rows[i + 3]! * columns;
    for (let vector = 0; vector < vectorCount; vector++) {
      const v = vector * columns;
      let s0 = 0;
      let s1 = 0;
      let s2 = 0;
      let s3 = 0;
      for (let j = 0; j < columns; j++) {
        const value = vectors[v + j]!;
        s0 += data[r0 + j]! * value;
        s1 += data[r1 + j]! * value;
        s2 += data[r2 + j]! * value;
        s3 += data[r3 + j]! * value;
      }
      scores[rows[i]! * vectorCount + vector] = s0;
      scores[rows[i + 1]! * vectorCount + vector] = s1;
      scores[rows[i + 2]! * vectorCount + vector] = s2;
      scores[rows[i + 3]! * vectorCount + vector] = s3;
    }
  }
  for (; i < rows.length; i++) {
    const r = rows[i]! * columns;
    for (let vector = 0; vector < vectorCount; vector++) {
      const v = vector * columns;
      let sum = 0;
      for (let j = 0; j < columns; j++) sum += data[r + j]! * vectors[v + j]!;
      scores[rows[i]! * vectorCount + vector] = sum;
    }
  }
}

/**
 * `sums[vector] += weights[row, vector] * features[row]` over the listed rows.
 *
 * @param weights - Row-major `[rows, vectorCount]`.
 * @param sums - Row-major `[vectorCount, columns]`, added to.
 * @param squared - Add the squares of the features instead.
 */
export function addWeightedRows(
  features: FeatureMatrix,
  rows: Int32Array,
  weights: Float64Array,
  vectorCount: number,
  sums: Float64Array,
): void {
  const { data, columns } = features;
  let i = 0;
  for (; i + 3 < rows.length; i += 4) {
    const r0 = rows[i]! * columns;
    const r1 = rows[i + 1]! * columns;
    const r2 = rows[i + 2]! * columns;
    const r3 = rows[i + 3]! * columns;
    for (let vector = 0; vector < vectorCount; vector++) {
      const w0 = weights[rows[i]! * vectorCount + vector]!;
      const w1 = weights[rows[i + 1]! * vectorCount + vector]!;
      const w2 = weights[rows[i + 2]! * vectorCount + vector]!;
      const w3 = weights[rows[i + 3]! * vectorCount + vector]!;
      const v = vector * columns;
      for (let j = 0; j < columns; j++) {
        sums[v + j]! += w0 * data[r0 + j]! + w1 * data[r1 + j]! + w2 * data[r2 + j]! + w3 * data[r3 + j]!;
      }
    }
  }
  for (; i < rows.length; i++) {
    const r = rows[i]! * columns;
    for (let vector = 0; vector < vectorCount; vector++) {
      const weight = weights[rows[i]! * vectorCount + vector]!;
      const v = vector * columns;
      for (let j = 0; j < columns; j++) sums[v + j]! += weight * data[r + j]!;
    }
  }
}

/** As {@link addWeightedRows}, with the squares of the features. */
export function addWeightedSquares(
  features: FeatureMatrix,
  rows: Int32Array,
  weights: Float64Array,
  vectorCount: number,
  sums: Float64Array,
): void {
  const { data, columns } = features;
  for (const row of rows) {
    const r = row * columns;
    for (let vector = 0; vector < vectorCount; vector++) {
      const weight = weights[row * vectorCount + vector]!;
      const v = vector * columns;
      for (let j = 0; j < columns; j++) sums[v + j]! += weight * data[r + j]! * data[r + j]!;
    }
  }
}
