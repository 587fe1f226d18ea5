import type { JsonObject, Widget } from "../../kernel/index.js";
import {
  ArgumentError,
  plots,
  SightbookError,
  type ClassificationEvaluation,
  type ThresholdGoal,
} from "../../src/index.js";
import { display } from "../../src/display.js";
import {
  aboutGoal,
  type GoalQuestion,
  type PrecisionRecallState,
  type ThresholdPoint,
} from "../state/index.js";
import { answerQuestions, type AnswerContent } from "./answers.js";
import { confusionCells } from "./confusion-cells.js";
import { drawCurve, ofIndex } from "./drawn-curve.js";
import { displayId, displayOf, jupyterDisplay, openViewWidget, Renewal } from "./view-widget.js";

const where = "PrecisionRecallUI";

/** A classifier that keeps the thresholds from which its predictions are believed: `ImageClassifier` and `SvmClassifier`. */
export interface ThresholdKeeper {
  readonly labels: readonly string[];
  readonly thresholds: Readonly<Record<string, number>> | undefined;
  setThresholds(thresholds: Readonly<Record<string, number>>): void;
}

export interface PrecisionRecallOptions {
  /** Starts with this model's thresholds, and gives it every choice at once, so that `save` writes them. */
  readonly model?: ThresholdKeeper;
}

/**
 * Precision and recall of each label, and of all labels pooled (micro average), at a threshold that is chosen on the
 * curve, on a slider or from code. An image is decided when its best label scores at least that label's threshold; else
 * it is "unknown". A threshold of 0, where every label starts, decides always.
 *
 * Thresholds and curve are those of scikit-learn's `precision_recall_curve`, micro pools every "is it this label?"
 * decision; choosing a threshold for the micro average gives it to all labels.
 *
 * @example
 * const ui = new PrecisionRecallUI(evaluation, { model });
 * ui                                  // choose; then, in another cell:
 * ui.threshold                        // of the label that is shown
 * ui.thresholds["cup"] = 0.7;         // of any label
 * ui.choose({ precision: 0.95 });     // the highest recall with this precision
 * await model.save("tableware.model") // with the thresholds
 */
export class PrecisionRecallUI {
  readonly #evaluation: ClassificationEvaluation;
  readonly #model: ThresholdKeeper | undefined;
  readonly #widget: Widget<PrecisionRecallState>;
  readonly #renewal = new Renewal(this);
  /** Of each label; behind them the one that was last given to all labels at once. */
  readonly #thresholds: number[];
  /** Index of the label that is shown; the number of labels for the micro average. */
  #shown = 0;

  /**
   * The threshold of every label by its name; assign to change one.
   */
  readonly thresholds: Record<string, number>;

  constructor(evaluation: ClassificationEvaluation, { model }: PrecisionRecallOptions = {}) {
    const { labels, size } = evaluation;
    if (model !== undefined && model.labels.join("\n") !== labels.join("\n")) {
      throw new ArgumentError(
        where,
        "model",
        `one with the evaluation's labels (${labels.join(", ")})`,
        model.labels,
      );
    }
    this.#evaluation = evaluation;
    this.#model = model;
    this.#thresholds = [...labels.map((label) => model?.thresholds?.[label] ?? 0), 0];
    this.thresholds = this.#byName();
    this.#widget = openViewWidget(
      "PrecisionRecallView",
      { labels, size, hasModel: model !== undefined, curve: drawCurve(evaluation, 0), ...this.#chosen() },
      () => ({}),
    );
    answerQuestions(this.#widget, { [aboutGoal]: (question: never) => this.#answerGoal(question) });
    this.#widget.onChange(({ choice }) => {
      if (choice !== undefined) this.#hear(choice);
    });
  }

  /** Name of the label that is shown, or `"micro average"`. */
  get label(): string {
    return this.#evaluation.labels[this.#shown] ?? "micro average";
  }

  set label(name: string) {
    const { labels } = this.#evaluation;
    const index = name === "micro average" ? labels.length : labels.indexOf(name);
    if (index < 0)
      throw new ArgumentError(where, "label", `one of ${labels.join(", ")} or "micro average"`, name);
    this.#shown = index;
    this.#tell();
    this.#renewal.now();
  }

  /** The threshold of the label that is shown, in `[0, 1]`; of the micro average, the one last given to all labels. */
  get threshold(): number {
    return this.#thresholds[this.#shown]!;
  }

  set threshold(threshold: number) {
    this.#choose(this.#shown, threshold);
    this.#renewal.now();
  }

  /**
   * Chooses the threshold that serves a goal best for the label that is shown.
   *
   * @returns The threshold.
   * @throws {@link SightbookError} when no threshold reaches the goal.
   */
  choose(goal: ThresholdGoal): number {
    const threshold = this.#chooseFor(this.#shown, goal);
    this.#renewal.now();
    return threshold;
  }

  get [displayId](): string {
    return this.#widget.id;
  }

  /** The widget; and the curves with the thresholds of this moment as a picture, for places without it. */
  async [jupyterDisplay](): Promise<JsonObject> {
    this.#renewal.begin();
    const widget = displayOf(this.#widget);
    const chosen = Object.entries(this.thresholds).filter(([, threshold]) => threshold > 0);
    const thresholds = Object.fromEntries(chosen);
    const plot = plots.precisionRecallCurve(this.#evaluation, { thresholds });
    const { "image/svg+xml": svg, "image/png": png } = (await plot[display]()) as JsonObject;
    return { ...widget, "image/svg+xml": svg, "image/png": png, "text/plain": this.toString() };
  }

  toString(): string {
    const { precision, recall, f1 } = this.#point();
    return `${this.label} at threshold ${this.threshold}: precision ${precision.toFixed(3)}, recall ${(recall ?? NaN).toFixed(3)}, F1 ${f1.toFixed(3)}`;
  }

  #byName(): Record<string, number> {
    const named = Object.create(null) as Record<string, number>;
    this.#evaluation.labels.forEach((label, index) => {
      Object.defineProperty(named, label, {
        enumerable: true,
        get: () => this.#thresholds[index],
        set: (threshold: number) => {
          this.#choose(index, threshold);
          this.#renewal.now();
        },
      });
    });
    return Object.freeze(named);
  }

  #choose(index: number, threshold: number): void {
    if (!isThreshold(threshold)) {
      throw new ArgumentError(where, "threshold", "a number in [0, 1]", threshold);
    }
    if (index < this.#evaluation.labels.length) this.#thresholds[index] = threshold;
    else this.#thresholds.fill(threshold);
    this.#model?.setThresholds({ ...this.thresholds });
    this.#tell();
  }

  #chooseFor(index: number, goal: ThresholdGoal): number {
    const { labels } = this.#evaluation;
    const threshold = this.#evaluation.chooseThreshold(ofIndex(labels, index), goal);
    if (threshold === undefined) {
      const name = labels[index] ?? "the micro average";
      throw new SightbookError(
        `${where}: no threshold of ${name} gives ${describeGoal(goal)} on this test set.`,
      );
    }
    const chosen = Math.min(Math.max(threshold, 0), 1);
    this.#choose(index, chosen);
    return chosen;
  }

  /** A view's choice: another label, or another threshold. */
  #hear(choice: unknown): void {
    const { of, threshold } = (choice ?? {}) as { of?: unknown; threshold?: unknown };
    if (!this.#isIndex(of) || !isThreshold(threshold)) {
      this.#tell();
      return;
    }
    this.#renewal.soon();
    const isOther = of !== this.#shown;
    this.#shown = of;
    // To look at another label is not to choose a threshold for it.
    if (isOther && threshold === this.#thresholds[of]) this.#tell();
    else this.#choose(of, threshold);
  }

  async #answerGoal({ of, goal }: GoalQuestion): Promise<AnswerContent> {
    if (!isGoal(goal) || !this.#isIndex(of)) throw new Error("This goal is not understood.");
    this.#shown = of;
    this.#renewal.soon();
    return Promise.resolve({ content: this.#chooseFor(of, goal) });
  }

  /** Brings the views in step. */
  #tell(): void {
    const isDrawn = this.#widget.state.curve.of === this.#shown;
    this.#widget.set({
      ...(!isDrawn && { curve: drawCurve(this.#evaluation, this.#shown) }),
      ...this.#chosen(),
    });
  }

  #isIndex(of: unknown): of is number {
    return Number.isInteger(of) && Number(of) >= 0 && Number(of) <= this.#evaluation.labels.length;
  }

  /** What depends on the label that is shown and on the thresholds. */
  #chosen(): Omit<PrecisionRecallState, "labels" | "size" | "hasModel" | "curve"> {
    const { labels } = this.#evaluation;
    const matrix = this.#evaluation.confusionMatrixAt(this.thresholds);
    const unknown = matrix.reduce((sum, row) => sum + row[labels.length]!, 0);
    return {
      choice: { of: this.#shown, threshold: this.threshold },
      thresholds: [...this.#thresholds],
      point: this.#point(),
      cells: confusionCells(matrix),
      decided: this.#evaluation.size - unknown,
      right: matrix.reduce((sum, row, label) => sum + row[label]!, 0),
    };
  }

  #point(): ThresholdPoint {
    const of = ofIndex(this.#evaluation.labels, this.#shown);
    const at = this.#evaluation.metricsAtThreshold("label" in of ? of.label : of, this.threshold);
    return {
      of: this.#shown,
      threshold: at.threshold,
      precision: at.precision,
      recall: Number.isNaN(at.recall) ? null : at.recall,
      f1: at.f1,
      truePositives: at.truePositives,
      falsePositives: at.falsePositives,
      falseNegatives: at.falseNegatives,
      trueNegatives: at.trueNegatives,
    };
  }
}

function isThreshold(value: unknown): value is number {
  return typeof value === "number" && value >= 0 && value <= 1;
}

function isGoal(goal: unknown): goal is ThresholdGoal {
  if (goal === "f1") return true;
  if (typeof goal !== "object" || goal === null) return false;
  return Object.entries(goal).every(
    ([name, value]) => /^(precision|recall)$/.test(name) && isThreshold(value),
  );
}

function describeGoal(goal: ThresholdGoal): string {
  if (goal === "f1") return "a best F1";
  return "precision" in goal ? `a precision of ${goal.precision}` : `a recall of ${goal.recall}`;
}
