import {
  checkLinearLearnerJson,
  exampleCosts,
  LinearLearner,
  signsOf,
  type FitTask,
  type FittedModel,
  type LinearLearnerOptions,
} from "./linear-learner.js";
import { binaryLogisticLoss, multinomialLogisticLoss } from "./logistic-loss.js";
import { minimizeLinearLoss } from "./newton.js";

export type LogisticRegressionOptions = LinearLearnerOptions;

/**
 * Logistic regression with L2 penalty: softmax over all labels at once, or one logistic score for two labels.
 *
 * It minimises `1/2 |W|^2 + C * sum of weight * -ln p(label)` with free intercepts, as scikit-learn's
 * `LogisticRegression` does with its default solver.
 *
 * @see Hastie, Tibshirani, Friedman, The elements of statistical learning (2009), sections 4.4 and 18.3.2.
 */
export class LogisticRegression extends LinearLearner {
  readonly kind = "logistic-regression";
  // sigmoid(z) is the softmax of -z/2 and z/2.
  protected readonly pairScale = 0.5;

  constructor(options: LogisticRegressionOptions = {}) {
    super("LogisticRegression", options);
  }

  static fromJSON(json: unknown): LogisticRegression {
    const checked = checkLinearLearnerJson("LogisticRegression.fromJSON", "logistic-regression", json);
    return new LogisticRegression(checked.options).restore("LogisticRegression.fromJSON", checked);
  }

  protected async solve(task: FitTask): Promise<Omit<FittedModel, "labelCount" | "columns" | "seenLabels">> {
    const { C = 1, fitIntercept = true, tolerance = 1e-7, maxIterations = 100 } = this.options;
    const { features, labelIndices, seenLabels, options } = task;
    const costs = exampleCosts(task, C);
    const places = new Map(seenLabels.map((label, place) => [label, place]));
    const loss =
      seenLabels.length === 2
        ? binaryLogisticLoss(signsOf(seenLabels[1]!, labelIndices), costs)
        : multinomialLogisticLoss(
            labelIndices.map((label) => places.get(label)!),
            seenLabels.length,
            costs,
          );
    const solution = await minimizeLinearLoss(
      { features, loss, interceptFeature: fitIntercept ? 1 : 0, interceptPenalty: 0 },
      {
        tolerance,
        maxIterations,
        signal: options.signal,
        onIteration: (done) => options.onProgress?.({ done, total: maxIterations }),
      },
    );
    return {
      ...solution,
      intercepts: seenLabels.length === 2 ? solution.intercepts : centred(solution.intercepts),
    };
  }
}

/** Adding one number to all intercepts changes no probability; as in scikit-learn they add up to 0. */
function centred(intercepts: Float64Array): Float64Array {
  const mean = intercepts.reduce((sum, value) => sum + value, 0) / intercepts.length;
  return intercepts.map((value) => value - mean);
}
