import type { ScoreLoss } from "./newton.js";

/**
 * `sum of costs[i] * max(0, 1 - signs[i] * score[i])^2`: the loss of an L2-loss support vector machine.
 *
 * @param signs - 1 for positive examples, -1 for negative ones.
 */
export function squaredHingeLoss(signs: Int8Array, costs: Float64Array): ScoreLoss {
  let curved: Int32Array = new Int32Array();
  const marginError = (scores: Float64Array, i: number): number => Math.max(0, 1 - signs[i]! * scores[i]!);
  return {
    vectorCount: 1,
    derivative(scores, result) {
      const rows: number[] = [];
      for (let i = 0; i < signs.length; i++) {
        const error = marginError(scores, i);
        result[i] = -2 * costs[i]! * signs[i]! * error;
        if (error > 0) rows.push(i);
      }
      curved = Int32Array.from(rows);
    },
    curvedRows: () => curved,
    curvature(direction, result) {
      for (const i of curved) result[i] = 2 * costs[i]! * direction[i]!;
    },
    curvatureDiagonal(result) {
      for (const i of curved) result[i] = 2 * costs[i]!;
    },
  };
}
