import { ArgumentError, SightbookError } from "../errors.js";
import { checkFeatures, type FeatureMatrix } from "./feature-matrix.js";
import { labelWeights, type ClassWeight } from "./label-weights.js";
import {
  countLabels,
  denseModel,
  denseScores,
  type DenseLinearModel,
  type LinearModel,
} from "./linear-model.js";
import { softmaxRows } from "./logistic-loss.js";

/** Options that all linear learners share. */
export interface LinearLearnerOptions {
  /** Inverse strength of the L2 regularisation, above 0: larger fits the training set more closely. Default: 1. */
  readonly C?: number;
  /** Weights of the labels. Default: all 1. */
  readonly classWeight?: ClassWeight | undefined;
  /** Whether scores get a constant term. Default: true. */
  readonly fitIntercept?: boolean;
  /** Stop when the gradient has fallen to this share of its length at the start, in (0, 1). Default: 1e-7. */
  readonly tolerance?: number;
  /** Newton steps at most, an integer of at least 1. Default: 100; well-scaled features take about ten. */
  readonly maxIterations?: number;
}

/** Options of one call of `fit`. */
export interface FitLinearOptions {
  /** Label names, so that `classWeight` may use them. */
  readonly labels?: readonly string[] | undefined;
  /** Cancels with a `CancelledError`. */
  readonly signal?: AbortSignal | undefined;
  /** Called with a sentence when the solver stops before it has converged. */
  readonly onWarning?: ((message: string) => void) | undefined;
  /** Called after each solver step of each one-vs-rest problem. */
  readonly onProgress?: ((progress: { readonly done: number; readonly total: number }) => void) | undefined;
}

/** A fitted or unfitted learner as plain data. */
export interface LinearLearnerJson {
  readonly schemaVersion: 1;
  readonly kind: string;
  readonly options: LinearLearnerOptions & Readonly<Record<string, unknown>>;
  readonly model?: {
    readonly labelCount: number;
    readonly columns: number;
    readonly seenLabels: readonly number[];
    readonly coefficients: readonly number[];
    readonly intercepts: readonly number[];
    readonly iterations: number;
    readonly converged: boolean;
  };
}

export interface FittedModel extends LinearModel {
  readonly iterations: number;
  readonly converged: boolean;
}

/** What `fit` hands to a learner's solver: checked, counted, weighted. */
export interface FitTask {
  readonly features: FeatureMatrix;
  readonly labelIndices: Int32Array;
  readonly seenLabels: readonly number[];
  /** Weight of each label in the loss, `[labelCount]`, `C` not included. */
  readonly weights: Float64Array;
  readonly options: FitLinearOptions;
}

/** A linear classifier of features: what support vector machines and logistic regression have in common. */
export abstract class LinearLearner {
  abstract readonly kind: string;
  readonly options: LinearLearnerOptions;
  #model: FittedModel | undefined;

  protected constructor(where: string, options: LinearLearnerOptions) {
    checkOptions(where, options);
    this.options = options;
  }

  /** For two labels, the scores whose softmax is the probability are this times plus and minus the decision. */
  protected abstract readonly pairScale: number;

  protected abstract solve(
    task: FitTask,
  ): Promise<Omit<FittedModel, "labelCount" | "columns" | "seenLabels">>;

  /**
   * Learns from examples. The same input gives the same result, bit for bit.
   *
   * @param labelIndices - True label of each row of `features`, each in `[0, labelCount)`.
   * @param labelCount - Labels there are. One without examples is never predicted.
   * @returns This learner.
   * @throws {@link ArgumentError} when sizes disagree, a feature is not finite, or fewer than two labels have examples.
   */
  async fit(
    features: FeatureMatrix,
    labelIndices: Int32Array,
    labelCount: number,
    options: FitLinearOptions = {},
  ): Promise<this> {
    const where = `${this.constructor.name}.fit`;
    checkFeatures(where, features);
    const counts = countLabels(where, labelIndices, features.rows, labelCount);
    const seenLabels = Array.from(counts.keys()).filter((label) => counts[label]! > 0);
    const weights = labelWeights(where, this.options.classWeight, counts, options.labels);
    const solved = await this.solve({ features, labelIndices, seenLabels, weights, options });
    this.#model = { labelCount, columns: features.columns, seenLabels, ...solved };
    if (!solved.converged) {
      options.onWarning?.(
        `${where}: not converged after ${solved.iterations} Newton ${solved.iterations === 1 ? "step" : "steps"}. ` +
          "Scale the features (l2Normalize), lower C, or raise maxIterations.",
      );
    }
    return this;
  }

  /** Whether the solver reached its tolerance. */
  get converged(): boolean {
    return this.#fitted("converged").converged;
  }

  /** Newton steps taken, 0 where the dual solution needed no polish; of one-vs-rest problems the most. */
  get iterations(): number {
    return this.#fitted("iterations").iterations;
  }

  /** What was learned. */
  get model(): LinearModel {
    return this.#fitted("model");
  }

  /**
   * Signed distance-like scores, row-major `[rows, labelCount]`; a label without training examples has `-Infinity`.
   *
   * With two labels the columns are `-score` and `score` of scikit-learn's single one.
   */
  decisionFunction(features: FeatureMatrix): Float64Array {
    return this.#scores("decisionFunction", features, 1);
  }

  /** Label of each row: the one with the largest score, of equal ones the first. */
  predict(features: FeatureMatrix): Int32Array {
    const scores = this.#scores("predict", features, 1);
    const { labelCount } = this.model;
    return Int32Array.from({ length: features.rows }, (_, row) => {
      let best = 0;
      for (let label = 1; label < labelCount; label++) {
        if (scores[row * labelCount + label]! > scores[row * labelCount + best]!) best = label;
      }
      return best;
    });
  }

  /** Probabilities, row-major `[rows, labelCount]`, each row adding up to 1. */
  predictProbabilities(features: FeatureMatrix): Float64Array {
    const scores = this.#scores("predictProbabilities", features, this.pairScale);
    softmaxRows(scores, this.model.labelCount);
    return scores;
  }

  /** One weight row and intercept per label; softmax of their scores is what {@link predictProbabilities} gives. */
  dense(): DenseLinearModel {
    return denseModel(this.#fitted("dense"), this.pairScale);
  }

  toJSON(): LinearLearnerJson {
    const model = this.#model && {
      ...this.#model,
      coefficients: Array.from(this.#model.coefficients),
      intercepts: Array.from(this.#model.intercepts),
    };
    return { schemaVersion: 1, kind: this.kind, options: { ...this.options }, ...(model && { model }) };
  }

  /** Takes over what another learner of the same kind wrote by `toJSON`. */
  protected restore(where: string, json: LinearLearnerJson): this {
    if (json.model === undefined) return this;
    const { coefficients, intercepts, seenLabels, columns } = json.model;
    const vectors = seenLabels.length === 2 ? 1 : seenLabels.length;
    if (intercepts.length !== vectors || coefficients.length !== vectors * columns) {
      throw new ArgumentError(
        where,
        "json.model.coefficients",
        `${vectors} x ${columns} numbers and ${vectors} intercepts`,
        `${coefficients.length} and ${intercepts.length}`,
      );
    }
    this.#model = {
      ...json.model,
      coefficients: Float64Array.from(coefficients),
      intercepts: Float64Array.from(intercepts),
    };
    return this;
  }

  #scores(method: string, features: FeatureMatrix, pairScale: number): Float64Array {
    const model = this.#fitted(method);
    checkFeatures(`${this.constructor.name}.${method}`, features, model.columns);
    return denseScores(denseModel(model, pairScale), features);
  }

  #fitted(method: string): FittedModel {
    if (this.#model) return this.#model;
    const name = this.constructor.name;
    throw new SightbookError(`${name}.${method}: the ${name} must be fitted, got a new one. Call fit first.`);
  }
}

/** @throws {@link ArgumentError} when `json` is not what a learner of this kind writes. */
export function checkLinearLearnerJson(where: string, kind: string, json: unknown): LinearLearnerJson {
  if (typeof json === "object" && json !== null) {
    const { schemaVersion, kind: found, options } = json as { [key in keyof LinearLearnerJson]?: unknown };
    if (schemaVersion === 1 && found === kind && typeof options === "object")
      return json as LinearLearnerJson;
  }
  throw new ArgumentError(where, "json", `an object that toJSON made (kind ${JSON.stringify(kind)})`, json);
}

/** Loss weight of each example: `C` times the weight of its label. */
export function exampleCosts(task: FitTask, C: number): Float64Array {
  return Float64Array.from(task.labelIndices, (label) => C * task.weights[label]!);
}

/** 1 for examples of `label`, -1 for the others. */
export function signsOf(label: number, labelIndices: Int32Array): Int8Array {
  return Int8Array.from(labelIndices, (index) => (index === label ? 1 : -1));
}

function checkOptions(
  where: string,
  { C = 1, tolerance = 1e-7, maxIterations = 100 }: LinearLearnerOptions,
): void {
  if (!(C > 0 && C < Infinity)) throw new ArgumentError(where, "C", "a number above 0", C);
  if (!(tolerance > 0 && tolerance < 1)) {
    throw new ArgumentError(where, "tolerance", "a number in (0, 1)", tolerance);
  }
  if (!Number.isInteger(maxIterations) || maxIterations < 1) {
    throw new ArgumentError(where, "maxIterations", "an integer of at least 1", maxIterations);
  }
}
