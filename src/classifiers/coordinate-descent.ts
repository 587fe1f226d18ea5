import { Random } from "../random.js";
import type { FeatureMatrix } from "./feature-matrix.js";
import type { Parameters } from "./newton.js";
import { makeRest } from "./rest.js";

export interface SquaredHingeProblem {
  readonly features: FeatureMatrix;
  /** 1 for positive examples, -1 for negative ones. */
  readonly signs: Int8Array;
  /** Factor of each example's loss. */
  readonly costs: Float64Array;
  /** Value of the constant feature whose weight is the intercept; 0 for no intercept. */
  readonly interceptFeature: number;
  readonly signal?: AbortSignal | undefined;
}

/** Largest violation of the optimality conditions that is left, in units of the margin. */
const targetViolation = 1e-7;
const maxEpochs = 1000;

/**
 * Minimises `1/2 |weights|^2 + sum of costs * max(0, 1 - sign * score)^2` through its dual, one example at a time in
 * seeded random order, leaving out for a while those that stay at zero. Stops short of full accuracy where that would
 * take too long.
 *
 * @throws {@link CancelledError} when `problem.signal` aborts.
 * @see C.-J. Hsieh et al., A dual coordinate descent method for large-scale linear SVM, ICML 2008, algorithm 3.
 */
export async function descendSquaredHinge(problem: SquaredHingeProblem): Promise<Parameters> {
  const { features, signs, costs, interceptFeature } = problem;
  const { data, rows, columns } = features;
  const random = new Random(1);
  const rest = makeRest(problem.signal);
  const weights = new Float64Array(columns);
  let intercept = 0;
  const dual = new Float64Array(rows);
  const diagonal = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    diagonal[row] = squaredLength(data, row * columns, columns) + interceptFeature ** 2;
  }

  // An example of cost 0 has no say; its dual variable stays 0.
  const order = Int32Array.from(Array.from(costs.keys()).filter((row) => costs[row]! > 0));
  let active = order.length;
  let shrinkAbove = Infinity;
  for (let epoch = 0; epoch < maxEpochs; epoch++) {
    let largest = -Infinity;
    let smallest = Infinity;
    for (let place = 0; place < active; place++) swap(order, place, place + random.integer(active - place));
    for (let place = 0; place < active; place++) {
      const row = order[place]!;
      const offset = row * columns;
      const sign = signs[row]!;
      const regularizer = 0.5 / costs[row]!;
      const score = dotRow(data, offset, weights) + interceptFeature * intercept;
      const slope = sign * score - 1 + regularizer * dual[row]!;
      if (dual[row] === 0 && slope > shrinkAbove) {
        active--;
        swap(order, place, active);
        place--;
        continue;
      }
      const violation = dual[row] === 0 ? Math.min(slope, 0) : slope;
      largest = Math.max(largest, violation);
      smallest = Math.min(smallest, violation);
      if (violation === 0) continue;
      const updated = Math.max(dual[row]! - slope / (diagonal[row]! + regularizer), 0);
      const change = (updated - dual[row]!) * sign;
      dual[row] = updated;
      for (let j = 0; j < columns; j++) weights[j]! += change * data[offset + j]!;
      intercept += change * interceptFeature;
      if (rest.isDue()) await rest.take();
    }
    if (largest - smallest <= targetViolation) {
      if (active === order.length) break;
      // All looks well without the examples left out: look at them again.
      active = order.length;
      shrinkAbove = Infinity;
    } else {
      shrinkAbove = largest > 0 ? largest : Infinity;
    }
  }
  return { weights, intercepts: Float64Array.of(intercept) };
}

function swap(order: Int32Array, a: number, b: number): void {
  const held = order[a]!;
  order[a] = order[b]!;
  order[b] = held;
}

function squaredLength(data: Float32Array, offset: number, columns: number): number {
  let sum = 0;
  for (let j = offset; j < offset + columns; j++) sum += data[j]! * data[j]!;
  return sum;
}

/** Four sums at once, so that no addition waits for the one before. */
function dotRow(data: Float32Array, offset: number, weights: Float64Array): number {
  const { length } = weights;
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  let j = 0;
  for (; j + 3 < length; j += 4) {
    s0 += data[offset + j]! * weights[j]!;
    s1 += data[offset + j + 1]! * weights[j + 1]!;
    s2 += data[offset + j + 2]! * weights[j + 2]!;
    s3 += data[offset + j + 3]! * weights[j + 3]!;
  }
  for (; j < length; j++) s0 += data[offset + j]! * weights[j]!;
  return s0 + s1 + (s2 + s3);
}
