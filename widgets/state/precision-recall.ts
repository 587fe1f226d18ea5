import type { ConfusionCell } from "./confusions.js";

/** A threshold on the score of one label, by its index, or on that of all labels: the index behind the last. */
export type ThresholdChoice = {
  readonly of: number;
  /** In `[0, 1]`. */
  readonly threshold: number;
};

/** The precision-recall curve to draw and to step along, thresholds rising. */
export type DrawnCurve = {
  readonly of: number;
  readonly thresholds: readonly number[];
  readonly precision: readonly number[];
  readonly recall: readonly number[];
  /** Area under the curve; `null` where the test set has no example of the label: then the curve is empty. */
  readonly averagePrecision: number | null;
};

/** What the threshold brings about on the test set, for the label (or all labels pooled) alone. */
export type ThresholdPoint = ThresholdChoice & {
  readonly precision: number;
  /** `null` where the test set has no example of the label. */
  readonly recall: number | null;
  readonly f1: number;
  readonly truePositives: number;
  readonly falsePositives: number;
  readonly falseNegatives: number;
  readonly trueNegatives: number;
};

/** What both halves of the precision-recall widget share. The view changes `choice`, the host all else. */
export type PrecisionRecallState = {
  readonly labels: readonly string[];
  readonly size: number;
  readonly choice: ThresholdChoice;
  /** Of each label; behind them the one that was last given to all labels at once. */
  readonly thresholds: readonly number[];
  readonly curve: DrawnCurve;
  readonly point: ThresholdPoint;
  /** What is decided with all thresholds together; the column behind the labels' is "unknown". */
  readonly cells: readonly ConfusionCell[];
  /** Images whose best label reaches its threshold, and those of them that are right. */
  readonly decided: number;
  readonly right: number;
  /** Whether choices go to a model at once. */
  readonly hasModel: boolean;
};

/** Asks for the threshold that serves a goal best; the host chooses it, or answers why none does. */
export type GoalQuestion = {
  readonly of: number;
  readonly goal: { readonly precision: number } | { readonly recall: number } | "f1";
};

export const aboutGoal = "goal";
