import type { FeatureMatrix } from "./feature-matrix.js";
import { addWeightedRows, addWeightedSquares, multiplyRows } from "./matrix-products.js";
import { makeRest } from "./rest.js";

/**
 * A convex loss of linear scores, summed over examples. Scores are row-major `[examples, vectorCount]`.
 *
 * Once differentiable, with a generalised second derivative that may vanish for whole examples.
 */
export interface ScoreLoss {
  readonly vectorCount: number;
  /** Writes the first derivative at `scores`, and remembers what {@link curvature} needs there. */
  derivative(scores: Float64Array, result: Float64Array): void;
  /** The examples whose second derivative is not zero where {@link derivative} was last taken. */
  curvedRows(): Int32Array;
  /** Writes the second derivative times `direction`, for the curved rows. */
  curvature(direction: Float64Array, result: Float64Array): void;
  /** Writes the diagonal of the second derivative, for the curved rows. */
  curvatureDiagonal(result: Float64Array): void;
}

export interface LinearProblem {
  readonly features: FeatureMatrix;
  readonly loss: ScoreLoss;
  /** Value of the constant feature whose weight is the intercept; 0 for no intercept. */
  readonly interceptFeature: number;
  /** Factor of the intercept's weight in the regulariser, 1 as for the other weights or 0. */
  readonly interceptPenalty: 0 | 1;
}

export interface SolverOptions {
  /** Stop when the gradient's length has fallen to this share of its length at the start. */
  readonly tolerance: number;
  /** Newton steps at most. */
  readonly maxIterations: number;
  readonly signal?: AbortSignal | undefined;
  readonly onIteration?: ((iteration: number) => void) | undefined;
}

export interface LinearSolution {
  /** `[vectorCount, columns]` */
  readonly coefficients: Float64Array;
  /** Scores of the constant feature, `[vectorCount]`. */
  readonly intercepts: Float64Array;
  readonly iterations: number;
  readonly converged: boolean;
}

/** The free parameters, or anything of their shape. */
export interface Parameters {
  readonly weights: Float64Array;
  readonly intercepts: Float64Array;
}

const maxConjugateSteps = 1000;

/**
 * Minimises `1/2 |weights|^2 + loss(features weights + intercept)` by a truncated Newton method: conjugate
 * gradients with a diagonal preconditioner solve for the step, a line search finds its best length.
 *
 * Deterministic. The event loop gets its turn at least every few dozen milliseconds of work.
 *
 * @param start - Where to begin. Default: at zero.
 * @throws {@link CancelledError} when `options.signal` aborts.
 * @see L. Galli, C.-J. Lin, A study on truncated Newton methods for linear classification, IEEE TNNLS 33 (2022);
 *   C.-J. Lin, R. C. Weng, S. S. Keerthi, Trust region Newton method for logistic regression, JMLR 9 (2008).
 */
export async function minimizeLinearLoss(
  problem: LinearProblem,
  options: SolverOptions,
  start?: Parameters,
): Promise<LinearSolution> {
  const { features, loss } = problem;
  const { vectorCount } = loss;
  const allRows = Int32Array.from({ length: features.rows }, (_, row) => row);
  const newParameters = (): Parameters => ({
    weights: new Float64Array(vectorCount * features.columns),
    intercepts: new Float64Array(vectorCount),
  });
  const newScores = (): Float64Array => new Float64Array(features.rows * vectorCount);
  const rest = makeRest(options.signal);

  const solution = newParameters();
  const scores = newScores();
  const stepScores = newScores();
  const trialScores = newScores();
  const slopes = newScores();
  const curved = newScores();

  const gradient = (): Parameters => {
    loss.derivative(scores, slopes);
    return addRegularizer(pullBack(problem, allRows, slopes, newParameters()), problem, solution);
  };
  const hessianTimes = (direction: Parameters, rows: Int32Array): Parameters => {
    pushForward(problem, rows, direction, stepScores);
    loss.curvature(stepScores, curved);
    return addRegularizer(pullBack(problem, rows, curved, newParameters()), problem, direction);
  };
  const hessianDiagonal = (rows: Int32Array): Parameters => {
    const diagonal = newParameters();
    loss.curvatureDiagonal(curved);
    addWeightedSquares(features, rows, curved, vectorCount, diagonal.weights);
    sumRows(rows, curved, vectorCount, problem.interceptFeature ** 2, diagonal.intercepts);
    for (let i = 0; i < diagonal.weights.length; i++) diagonal.weights[i]! += 1;
    // A flat direction, such as an absent intercept, gets a harmless 1.
    for (let k = 0; k < vectorCount; k++) {
      const value = diagonal.intercepts[k]! + problem.interceptPenalty;
      diagonal.intercepts[k] = value > 0 ? value : 1;
    }
    return diagonal;
  };

  let slope = gradient();
  const firstNorm = norm(slope);
  if (start) {
    addScaled(solution, start, 1);
    pushForward(problem, allRows, solution, scores);
    slope = gradient();
  }
  let iterations = 0;
  let converged = norm(slope) <= options.tolerance * firstNorm;
  while (!converged && iterations < options.maxIterations) {
    const slopeNorm = norm(slope);
    const rows = loss.curvedRows();
    const accuracy = Math.min(0.1, Math.sqrt(slopeNorm / firstNorm)) * slopeNorm;

    // Conjugate gradients for hessian * step = -slope.
    const diagonal = hessianDiagonal(rows);
    const step = newParameters();
    const residual = scaled(slope, -1);
    let search = divided(residual, diagonal);
    let energy = dot(residual, search);
    for (let i = 0; i < maxConjugateSteps && norm(residual) > accuracy; i++) {
      if (rest.isDue()) await rest.take();
      const image = hessianTimes(search, rows);
      const length = energy / dot(search, image);
      addScaled(step, search, length);
      addScaled(residual, image, -length);
      const preconditioned = divided(residual, diagonal);
      const nextEnergy = dot(residual, preconditioned);
      search = addScaled(preconditioned, search, nextEnergy / energy);
      energy = nextEnergy;
    }

    // Along the step everything depends on scores that are at hand: looking for its best length costs next to nothing.
    pushForward(problem, allRows, step, stepScores);
    const penaltySlope = penaltyDot(problem, solution, step);
    const penaltyCurve = penaltyDot(problem, step, step);
    const length = findZero((trial) => {
      for (let i = 0; i < scores.length; i++) trialScores[i] = scores[i]! + trial * stepScores[i]!;
      loss.derivative(trialScores, slopes);
      return dotArrays(slopes, stepScores) + penaltySlope + trial * penaltyCurve;
    });
    if (length === 0) break;
    for (let i = 0; i < scores.length; i++) scores[i]! += length * stepScores[i]!;
    addScaled(solution, step, length);
    slope = gradient();
    iterations++;
    options.onIteration?.(iterations);
    converged = norm(slope) <= options.tolerance * firstNorm;
    if (rest.isDue()) await rest.take();
  }
  const { interceptFeature } = problem;
  return {
    coefficients: solution.weights,
    intercepts: solution.intercepts.map((weight) => weight * interceptFeature),
    iterations,
    converged,
  };
}

/** Parameters to scores. */
function pushForward(problem: LinearProblem, rows: Int32Array, from: Parameters, scores: Float64Array): void {
  const { features, interceptFeature } = problem;
  const vectorCount = from.intercepts.length;
  multiplyRows(features, rows, from.weights, vectorCount, scores);
  for (const row of rows) {
    for (let k = 0; k < vectorCount; k++) {
      scores[row * vectorCount + k]! += interceptFeature * from.intercepts[k]!;
    }
  }
}

/** The transpose of {@link pushForward}: derivatives by score to derivatives by parameter. */
function pullBack(
  problem: LinearProblem,
  rows: Int32Array,
  scores: Float64Array,
  into: Parameters,
): Parameters {
  const vectorCount = into.intercepts.length;
  addWeightedRows(problem.features, rows, scores, vectorCount, into.weights);
  sumRows(rows, scores, vectorCount, problem.interceptFeature, into.intercepts);
  return into;
}

function sumRows(
  rows: Int32Array,
  scores: Float64Array,
  vectorCount: number,
  factor: number,
  sums: Float64Array,
): void {
  for (const row of rows) {
    for (let k = 0; k < vectorCount; k++) sums[k]! += factor * scores[row * vectorCount + k]!;
  }
}

/** Adds the derivative of the regulariser at `at`. */
function addRegularizer(target: Parameters, { interceptPenalty }: LinearProblem, at: Parameters): Parameters {
  for (let i = 0; i < target.weights.length; i++) target.weights[i]! += at.weights[i]!;
  for (let k = 0; k < target.intercepts.length; k++) {
    target.intercepts[k]! += interceptPenalty * at.intercepts[k]!;
  }
  return target;
}

function penaltyDot({ interceptPenalty }: LinearProblem, a: Parameters, b: Parameters): number {
  return dotArrays(a.weights, b.weights) + interceptPenalty * dotArrays(a.intercepts, b.intercepts);
}

function dot(a: Parameters, b: Parameters): number {
  return dotArrays(a.weights, b.weights) + dotArrays(a.intercepts, b.intercepts);
}

function norm(a: Parameters): number {
  return Math.sqrt(dot(a, a));
}

function dotArrays(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function scaled(a: Parameters, factor: number): Parameters {
  return {
    weights: a.weights.map((value) => value * factor),
    intercepts: a.intercepts.map((value) => value * factor),
  };
}

function divided(a: Parameters, b: Parameters): Parameters {
  return {
    weights: a.weights.map((value, i) => value / b.weights[i]!),
    intercepts: a.intercepts.map((value, i) => value / b.intercepts[i]!),
  };
}

function addScaled(target: Parameters, other: Parameters, factor: number): Parameters {
  for (let i = 0; i < target.weights.length; i++) target.weights[i]! += factor * other.weights[i]!;
  for (let k = 0; k < target.intercepts.length; k++) {
    target.intercepts[k]! += factor * other.intercepts[k]!;
  }
  return target;
}

/**
 * The length of step at which a rising slope that starts below 0 reaches 0, to a hundredth of its start (Illinois
 * variant of the false position); 0 where rounding hides that the slope starts below 0.
 */
function findZero(slopeAt: (length: number) => number): number {
  const start = slopeAt(0);
  if (!(start < 0)) return 0;
  const goodEnough = 0.01 * -start;
  let [low, lowSlope] = [0, start];
  let [high, highSlope] = [1, slopeAt(1)];
  while (highSlope < -goodEnough && high < 2 ** 20) {
    [low, lowSlope] = [high, highSlope];
    high *= 2;
    highSlope = slopeAt(high);
  }
  if (Math.abs(highSlope) <= goodEnough) return high;
  for (let attempt = 0; attempt < 60; attempt++) {
    const middle = low + ((high - low) * lowSlope) / (lowSlope - highSlope);
    const slope = slopeAt(middle);
    if (Math.abs(slope) <= goodEnough) return middle;
    if (slope < 0) {
      [low, lowSlope] = [middle, slope];
      highSlope /= 2;
    } else {
      [high, highSlope] = [middle, slope];
      lowSlope /= 2;
    }
  }
  return low;
}
