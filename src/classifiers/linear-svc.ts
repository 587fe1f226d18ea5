import { ArgumentError } from "../errors.js";
import { descendSquaredHinge } from "./coordinate-descent.js";
import {
  checkLinearLearnerJson,
  exampleCosts,
  LinearLearner,
  signsOf,
  type FitTask,
  type FittedModel,
  type LinearLearnerOptions,
} from "./linear-learner.js";
import { minimizeLinearLoss, type LinearSolution } from "./newton.js";
import { squaredHingeLoss } from "./squared-hinge-loss.js";

export interface LinearSVCOptions extends LinearLearnerOptions {
  /**
   * Value of the constant feature behind the intercept. As in liblinear the intercept is regularised like any
   * weight; a larger value makes that weaker. Above 0. Default: 1.
   */
  readonly interceptScaling?: number;
}

/**
 * Linear support vector machine: L2 penalty, squared hinge loss, one label against the rest.
 *
 * It minimises `1/2 |w|^2 + C * sum of weight * max(0, 1 - y w.x)^2` exactly as liblinear does (and thus
 * scikit-learn's `LinearSVC` with its defaults), details included: the intercept is regularised; two labels share
 * one vector; and with more than two, `classWeight` weighs a label's own examples but not those of the rest.
 *
 * @example
 * const svm = await new LinearSVC({ C: 1, classWeight: "balanced" }).fit(l2Normalize(features), labelIndices, 4);
 * @see R.-E. Fan et al., LIBLINEAR: a library for large linear classification, JMLR 9 (2008).
 */
export class LinearSVC extends LinearLearner {
  readonly kind = "linear-svc";
  protected readonly pairScale = 1;
  declare readonly options: LinearSVCOptions;

  constructor(options: LinearSVCOptions = {}) {
    super("LinearSVC", options);
    const { interceptScaling = 1 } = options;
    if (!(interceptScaling > 0 && interceptScaling < Infinity)) {
      throw new ArgumentError("LinearSVC", "interceptScaling", "a number above 0", interceptScaling);
    }
  }

  static fromJSON(json: unknown): LinearSVC {
    const checked = checkLinearLearnerJson("LinearSVC.fromJSON", "linear-svc", json);
    return new LinearSVC(checked.options).restore("LinearSVC.fromJSON", checked);
  }

  protected async solve(task: FitTask): Promise<Omit<FittedModel, "labelCount" | "columns" | "seenLabels">> {
    const { C = 1, fitIntercept = true, interceptScaling = 1 } = this.options;
    const { tolerance = 1e-7, maxIterations = 100 } = this.options;
    const { features, labelIndices, seenLabels, options } = task;
    const isPair = seenLabels.length === 2;
    const positiveLabels = isPair ? seenLabels.slice(1) : seenLabels;
    const ownCosts = exampleCosts(task, C);
    const solutions: LinearSolution[] = [];
    for (const label of positiveLabels) {
      const costs = isPair ? ownCosts : ownCosts.map((cost, i) => (labelIndices[i] === label ? cost : C));
      const signs = signsOf(label, labelIndices);
      const interceptFeature = fitIntercept ? interceptScaling : 0;
      // With many features for the examples the dual problem is far easier; Newton's method then polishes its result.
      const start =
        features.rows < 2 * features.columns
          ? await descendSquaredHinge({ features, signs, costs, interceptFeature, signal: options.signal })
          : undefined;
      solutions.push(
        await minimizeLinearLoss(
          { features, loss: squaredHingeLoss(signs, costs), interceptFeature, interceptPenalty: 1 },
          { tolerance, maxIterations, signal: options.signal },
          start,
        ),
      );
      options.onProgress?.({ done: solutions.length, total: positiveLabels.length });
    }
    const coefficients = new Float64Array(solutions.length * features.columns);
    solutions.forEach((solution, row) => {
      coefficients.set(solution.coefficients, row * features.columns);
    });
    return {
      coefficients,
      intercepts: Float64Array.from(solutions, (solution) => solution.intercepts[0]!),
      iterations: Math.max(...solutions.map((solution) => solution.iterations)),
      converged: solutions.every((solution) => solution.converged),
    };
  }
}
