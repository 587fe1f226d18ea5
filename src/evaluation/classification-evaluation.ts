import { display } from "../display.js";
import { ArgumentError } from "../errors.js";
import {
  accuracyScore,
  argmaxRows,
  countCorrect,
  topKAccuracyScore,
  wilsonInterval,
  type Interval,
} from "./accuracy.js";
import { checkEvaluationData, type EvaluationData } from "./evaluation-data.js";
import type { Classifier, ImageProblem, LabelledImages } from "./classifier.js";
import { countConfusions, countDecisions, type ConfusionMatrix } from "./confusion-matrix.js";
import {
  averagePrecisionOf,
  countByThreshold,
  precisionRecallCurveOf,
  rocAreaOf,
  rocCurveOf,
  type PrecisionRecallCurve,
  type RocCurve,
  type ThresholdCounts,
} from "./curves.js";
import { readEvaluation, writeEvaluation, type EvaluationJson } from "./evaluation-json.js";
import {
  averageMetrics,
  metricsByLabel,
  weightedMean,
  type AveragedMetrics,
  type LabelMetrics,
  type ZeroDivision,
} from "./label-metrics.js";
import { averagePrecisionRecallCurves, averageRocCurves } from "./macro-curves.js";
import { brierLossOf, calibrationCurveOf, logLossOf, type CalibrationCurve } from "./probability-losses.js";
import { mistakesOf, type Mistake } from "./mistakes.js";
import { EvaluationReport } from "./report.js";
import { chooseThreshold, type ThresholdGoal } from "./threshold-choice.js";
import { metricsAtThreshold, type ThresholdMetrics } from "./threshold-metrics.js";
import { scoreTestSet, type EvaluationRunOptions } from "./run.js";

const where = "ClassificationEvaluation";

/** One label against all others, by name or index. */
export interface OfLabel {
  readonly label: string | number;
}

/**
 * How one curve is made of all labels: `"micro"` pools every "is it this label?" decision of every example,
 * `"macro"` averages the labels' curves, so that rare labels count as much as frequent ones.
 */
export interface OfCurveAverage {
  readonly average: "micro" | "macro";
}

/** Every "is it this label?" decision of every example, pooled. */
export interface OfMicroAverage {
  readonly average: "micro";
}

/** As {@link OfCurveAverage}; `"weighted"` averages the labels' areas, each by its support. */
export interface OfAreaAverage {
  readonly average: "micro" | "macro" | "weighted";
}

/**
 * How good a classifier is on a test set.
 *
 * All figures equal scikit-learn's. Where the test set cannot answer, because it has no example of a label (or of
 * nothing else), a figure is `NaN`; macro and weighted averages are taken over the other labels and say which they left out.
 */
export class ClassificationEvaluation {
  readonly labels: readonly string[];
  /** Probabilities, row-major `[size, labels.length]`. */
  readonly scores: Float64Array;
  /** True label of each example, `[size]`. */
  readonly labelIndices: Int32Array;
  /** Predicted label of each example, `[size]`: the one with the largest score, of equal ones the first. */
  readonly predictions: Int32Array;
  readonly ids: readonly (string | number)[];
  readonly paths: readonly string[] | undefined;
  /** Images that were left out because they could not be scored. */
  readonly problems: readonly ImageProblem[];

  /** @throws {@link ArgumentError} when the parts do not fit together, or there is no example. */
  constructor(data: EvaluationData) {
    checkEvaluationData(where, data);
    this.labels = [...data.labels];
    this.scores = Float64Array.from(data.scores);
    this.labelIndices = Int32Array.from(data.labelIndices);
    this.predictions = argmaxRows(this.scores, this.labelIndices.length, this.labels.length);
    this.ids = data.ids ? [...data.ids] : Array.from(this.labelIndices.keys());
    this.paths = data.paths && [...data.paths];
    this.problems = data.problems ?? [];
  }

  /**
   * Scores a test set.
   *
   * Labels are matched by name, so a test folder may lack some of the model's labels or order them differently.
   * Images that cannot be read are left out and named in `problems`.
   *
   * @throws {@link ArgumentError} when an image has a label the model does not know, or no image is left.
   */
  static async run(
    model: Classifier,
    testSet: LabelledImages,
    options: EvaluationRunOptions = {},
  ): Promise<ClassificationEvaluation> {
    return new ClassificationEvaluation(await scoreTestSet(model, testSet, options));
  }

  /** Reads what `toJSON` wrote. */
  static fromJSON(json: unknown): ClassificationEvaluation {
    return new ClassificationEvaluation(readEvaluation(json));
  }

  /** Everything needed to restore the evaluation; `JSON.stringify` calls it. */
  toJSON(): EvaluationJson {
    return writeEvaluation(this);
  }

  /** Number of examples. */
  get size(): number {
    return this.labelIndices.length;
  }

  /** Number of examples whose prediction is right. */
  get correct(): number {
    return countCorrect(this.labelIndices, this.predictions);
  }

  /** Share of examples whose prediction is right, in `[0, 1]`. */
  get accuracy(): number {
    return accuracyScore(this.labelIndices, this.predictions);
  }

  /** 95 % Wilson score interval of the accuracy: where it may lie on all images like these. */
  get accuracyInterval(): Interval {
    return wilsonInterval(this.correct, this.size);
  }

  /**
   * Mean recall of the labels that occur in the test set, in `[0, 1]`: accuracy if all labels were equally frequent.
   *
   * @see scikit-learn's `balanced_accuracy_score`, which equals this.
   */
  get balancedAccuracy(): number {
    const present = this.labelMetrics().filter((label) => label.support > 0);
    return weightedMean(
      present,
      (label) => label.recall,
      () => 1,
    );
  }

  /** Counts by true label (rows) and predicted label (columns), as in scikit-learn. */
  get confusionMatrix(): ConfusionMatrix {
    return countConfusions(this.labelIndices, this.predictions, this.labels.length);
  }

  /** Labels that no test image has. */
  get absentLabels(): readonly string[] {
    const present = new Set(this.labelIndices);
    return this.labels.filter((_, index) => !present.has(index));
  }

  /**
   * Precision, recall, F1 and support of each label.
   *
   * @param options.zeroDivision - Value of a ratio whose denominator is 0. Default: 0, as in scikit-learn.
   */
  labelMetrics({ zeroDivision = 0 }: { zeroDivision?: ZeroDivision } = {}): LabelMetrics[] {
    return metricsByLabel(this.confusionMatrix, this.labels, zeroDivision);
  }

  /** Precision, recall and F1 over all labels. @param options.zeroDivision - As in {@link labelMetrics}. */
  averagedMetrics({ zeroDivision = 0 }: { zeroDivision?: ZeroDivision } = {}): AveragedMetrics {
    return averageMetrics(this.labelMetrics({ zeroDivision }), zeroDivision);
  }

  /** A table of all labels, their averages and the accuracies, that prints and displays. */
  report({ zeroDivision = 0 }: { zeroDivision?: ZeroDivision } = {}): EvaluationReport {
    return new EvaluationReport(
      this.labelMetrics({ zeroDivision }),
      this.averagedMetrics({ zeroDivision }),
      this.accuracy,
      this.accuracyInterval,
      this.balancedAccuracy,
      this.correct,
      this.size,
      this.absentLabels,
    );
  }

  /**
   * ROC curve of one label against the others, or of all labels.
   *
   * @param options.dropIntermediate - Leave out points on a straight line between their neighbours. Default: true, as
   *   in scikit-learn. A macro average is made from curves with these points left out, whose shape is the same.
   */
  rocCurve(of: (OfLabel | OfCurveAverage) & { readonly dropIntermediate?: boolean }): RocCurve {
    if ("average" in of && of.average === "macro") {
      const measurable = this.#labelsWithExamples({ needOthers: true });
      const curves = measurable.map((label) => this.rocCurve({ label }));
      return { ...averageRocCurves(curves), skipped: this.#without(measurable) };
    }
    return rocCurveOf(this.#counts("rocCurve", of), of.dropIntermediate ?? true);
  }

  /**
   * Precision-recall curve of one label against the others, or of all labels.
   *
   * @param options.dropIntermediate - Keep only the first and last point of each recall. Default: false, as in scikit-learn.
   */
  precisionRecallCurve(
    of: (OfLabel | OfCurveAverage) & { readonly dropIntermediate?: boolean },
  ): PrecisionRecallCurve {
    if ("average" in of && of.average === "macro") {
      const measurable = this.#labelsWithExamples({ needOthers: false });
      const curves = measurable.map((label) => this.precisionRecallCurve({ label, dropIntermediate: true }));
      return { ...averagePrecisionRecallCurves(curves), skipped: this.#without(measurable) };
    }
    return precisionRecallCurveOf(this.#counts("precisionRecallCurve", of), of.dropIntermediate ?? false);
  }

  /**
   * Area under the ROC curve: the chance that an example of the label is scored above one of another label.
   * In `[0, 1]`; 0.5 is guessing. `NaN` where the test set has no example of the label, or none of another.
   */
  rocAuc(of: OfLabel | OfAreaAverage = { average: "macro" }): number {
    if ("average" in of && of.average !== "micro") {
      return this.#meanOverLabels(this.#labelsWithExamples({ needOthers: true }), of.average, (label) =>
        this.rocAuc({ label }),
      );
    }
    return rocAreaOf(this.#counts("rocAuc", of));
  }

  /**
   * Average precision: the area under the precision-recall curve taken as steps. In `[0, 1]`; guessing gives the
   * label's share of the test set. `NaN` where the test set has no example of the label.
   */
  averagePrecision(of: OfLabel | OfAreaAverage = { average: "macro" }): number {
    if ("average" in of && of.average !== "micro") {
      return this.#meanOverLabels(this.#labelsWithExamples({ needOthers: false }), of.average, (label) =>
        this.averagePrecision({ label }),
      );
    }
    return averagePrecisionOf(this.#counts("averagePrecision", of));
  }

  /** Mean negative log probability of the true label, in nats; lower is better, a uniform guess costs `ln(labels)`. */
  get logLoss(): number {
    return logLossOf(this.scores, this.labelIndices, this.labels.length);
  }

  /** Mean squared error of the probabilities; lower is better. Halved for one or two labels, as in scikit-learn. */
  get brierLoss(): number {
    return brierLossOf(this.scores, this.labelIndices, this.labels.length);
  }

  /**
   * Share of examples whose true label is among the `k` best scored.
   *
   * @param k - An integer, at least 1.
   * @param options.ties - Which of equally scored labels counts as better: `"last"` is scikit-learn's rule,
   *   `"first"` is that of `predictions`, so that `k = 1` gives the accuracy. Default: `"last"`.
   */
  topKAccuracy(k: number, { ties = "last" }: { ties?: "first" | "last" } = {}): number {
    if (!Number.isInteger(k) || k < 1) {
      throw new ArgumentError(`${where}.topKAccuracy`, "k", "an integer of at least 1", k);
    }
    return topKAccuracyScore(this.scores, this.labelIndices, this.labels.length, k, ties);
  }

  /**
   * How often what the model says with a given probability comes true.
   *
   * @param options.label - One label's probability against the others. Default: the predicted label's (its confidence).
   * @param options.bins - Number of bins of equal width. Default: 10.
   */
  calibrationCurve({ label, bins = 10 }: { label?: string | number; bins?: number } = {}): CalibrationCurve {
    if (!Number.isInteger(bins) || bins < 1) {
      throw new ArgumentError(`${where}.calibrationCurve`, "bins", "an integer of at least 1", bins);
    }
    const column = label === undefined ? undefined : this.#labelIndex("calibrationCurve", label);
    const chosen = this.predictions.map((prediction) => column ?? prediction);
    return calibrationCurveOf(
      Float64Array.from(chosen, (index, row) => this.scores[row * this.labels.length + index]!),
      Array.from(chosen, (index, row) => this.labelIndices[row] === index),
      bins,
    );
  }

  /**
   * What flagging every example scored at least `threshold` as `label` would give.
   *
   * @param label - Name or index; `{ average: "micro" }` flags every label of every example that is scored so.
   * @param threshold - Usually in `[0, 1]`; `Infinity` flags nothing.
   */
  metricsAtThreshold(label: string | number | OfMicroAverage, threshold: number): ThresholdMetrics {
    const column = typeof label === "object" ? label.average : this.#labelIndex("metricsAtThreshold", label);
    if (typeof threshold !== "number" || Number.isNaN(threshold)) {
      throw new ArgumentError(`${where}.metricsAtThreshold`, "threshold", "a number", threshold);
    }
    return metricsAtThreshold(this, column, threshold);
  }

  /**
   * The threshold that serves a goal best, taken from the precision-recall curve's own.
   *
   * @returns `undefined` when no threshold reaches the goal, or the test set has no example of the label.
   */
  chooseThreshold(of: OfLabel | OfMicroAverage, goal: ThresholdGoal): number | undefined {
    return chooseThreshold(this.precisionRecallCurve(of), goal);
  }

  /**
   * Counts by true label (rows) and decision (columns) when a prediction is believed only from its label's threshold on;
   * one more column, the last, counts the others: "unknown".
   *
   * @param thresholds - One for all labels, or by label name; labels that are not named are always believed.
   */
  confusionMatrixAt(thresholds: number | Readonly<Record<string, number>>): ConfusionMatrix {
    if (typeof thresholds === "object") {
      for (const label of Object.keys(thresholds)) this.#labelIndex("confusionMatrixAt", label);
    }
    const width = this.labels.length;
    return countDecisions(
      this.labelIndices,
      this.predictions,
      Float64Array.from(this.predictions, (prediction, row) => this.scores[row * width + prediction]!),
      this.labels.map((label) => (typeof thresholds === "number" ? thresholds : (thresholds[label] ?? 0))),
    );
  }

  /** All wrong predictions, the most confident first: often these are wrong labels rather than wrong predictions. */
  mistakes(): Mistake[] {
    return mistakesOf(this);
  }

  toString(): string {
    const { low, high } = this.accuracyInterval;
    return (
      `ClassificationEvaluation: ${this.correct} of ${this.size} right, accuracy ${this.accuracy.toFixed(3)} ` +
      `(95 % interval ${low.toFixed(3)} to ${high.toFixed(3)}), balanced accuracy ${this.balancedAccuracy.toFixed(3)}`
    );
  }

  /** What a notebook shows: the report. */
  [display](): Record<string, string> {
    return { ...this.report()[display](), "text/plain": this.toString() };
  }

  /** Indices of the labels that have examples and, for `needOthers`, are not the only label of the test set. */
  #labelsWithExamples({ needOthers }: { needOthers: boolean }): number[] {
    const present = [...new Set(this.labelIndices)].sort((a, b) => a - b);
    return needOthers && present.length === 1 ? [] : present;
  }

  #without(indices: readonly number[]): string[] {
    return this.labels.filter((_, index) => !indices.includes(index));
  }

  #meanOverLabels(
    indices: readonly number[],
    average: "macro" | "weighted",
    value: (index: number) => number,
  ): number {
    const supports = new Float64Array(this.labels.length);
    for (const index of this.labelIndices) supports[index]!++;
    return weightedMean(indices, value, (index) => (average === "macro" ? 1 : supports[index]!));
  }

  #counts(method: string, of: OfLabel | OfAreaAverage): ThresholdCounts {
    const width = this.labels.length;
    const columns = "label" in of ? [this.#labelIndex(method, of.label)] : [...this.labels.keys()];
    let positiveCount = 0;
    for (const index of this.labelIndices) if (columns.length > 1 || index === columns[0]) positiveCount++;
    const positives = new Float64Array(positiveCount);
    const negatives = new Float64Array(this.size * columns.length - positiveCount);
    let p = 0;
    let n = 0;
    for (let row = 0; row < this.size; row++) {
      for (const column of columns) {
        const score = this.scores[row * width + column]!;
        if (this.labelIndices[row] === column) positives[p++] = score;
        else negatives[n++] = score;
      }
    }
    return countByThreshold(positives, negatives);
  }

  #labelIndex(method: string, label: string | number): number {
    const index = typeof label === "number" ? label : this.labels.indexOf(label);
    if (this.labels[index] === undefined) {
      throw new ArgumentError(
        `${where}.${method}`,
        "label",
        `one of ${this.labels.map((name) => JSON.stringify(name)).join(", ")} or an index below ${this.labels.length}`,
        label,
      );
    }
    return index;
  }
}
