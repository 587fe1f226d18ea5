import type { ScoreLoss } from "./newton.js";

/**
 * `sum of costs[i] * ln(1 + exp(-signs[i] * score[i]))`: two labels, one score.
 *
 * @param signs - 1 for positive examples, -1 for negative ones.
 */
export function binaryLogisticLoss(signs: Int8Array, costs: Float64Array): ScoreLoss {
  const rows = Int32Array.from({ length: signs.length }, (_, row) => row);
  const curvatures = new Float64Array(signs.length);
  return {
    vectorCount: 1,
    derivative(scores, result) {
      for (let i = 0; i < signs.length; i++) {
        const wrong = 1 / (1 + Math.exp(signs[i]! * scores[i]!));
        result[i] = -costs[i]! * signs[i]! * wrong;
        curvatures[i] = costs[i]! * wrong * (1 - wrong);
      }
    },
    curvedRows: () => rows,
    curvature(direction, result) {
      for (let i = 0; i < signs.length; i++) result[i] = curvatures[i]! * direction[i]!;
    },
    curvatureDiagonal(result) {
      result.set(curvatures);
    },
  };
}

/**
 * `sum of costs[i] * -ln(softmax(scores[i])[targets[i]])`: several labels, a score for each.
 *
 * @param targets - Column of the true label of each example.
 */
export function multinomialLogisticLoss(
  targets: Int32Array,
  labelCount: number,
  costs: Float64Array,
): ScoreLoss {
  const rows = Int32Array.from({ length: targets.length }, (_, row) => row);
  const probabilities = new Float64Array(targets.length * labelCount);
  return {
    vectorCount: labelCount,
    derivative(scores, result) {
      probabilities.set(scores);
      softmaxRows(probabilities, labelCount);
      for (let i = 0; i < targets.length; i++) {
        const offset = i * labelCount;
        for (let k = 0; k < labelCount; k++) {
          result[offset + k] = costs[i]! * (probabilities[offset + k]! - (k === targets[i] ? 1 : 0));
        }
      }
    },
    curvedRows: () => rows,
    curvature(direction, result) {
      for (let i = 0; i < targets.length; i++) {
        const offset = i * labelCount;
        let mean = 0;
        for (let k = 0; k < labelCount; k++) mean += probabilities[offset + k]! * direction[offset + k]!;
        for (let k = 0; k < labelCount; k++) {
          result[offset + k] = costs[i]! * probabilities[offset + k]! * (direction[offset + k]! - mean);
        }
      }
    },
    curvatureDiagonal(result) {
      for (let i = 0; i < probabilities.length; i++) {
        result[i] = costs[Math.floor(i / labelCount)]! * probabilities[i]! * (1 - probabilities[i]!);
      }
    },
  };
}

/** Replaces each row of scores by its softmax; a score of `-Infinity` becomes probability 0. */
export function softmaxRows(scores: Float64Array, columns: number): void {
  for (let offset = 0; offset < scores.length; offset += columns) {
    let largest = -Infinity;
    for (let k = 0; k < columns; k++) largest = Math.max(largest, scores[offset + k]!);
    let total = 0;
    for (let k = 0; k < columns; k++) total += scores[offset + k] = Math.exp(scores[offset + k]! - largest);
    for (let k = 0; k < columns; k++) scores[offset + k]! /= total;
  }
}
