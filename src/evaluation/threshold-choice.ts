import type { PrecisionRecallCurve } from "./curves.js";

/**
 * What a threshold is chosen for:
 *
 * - `{ precision }`: the highest recall with at least this precision;
 * - `{ recall }`: the highest precision with at least this recall;
 * - `"f1"`: the highest F1.
 *
 * Both in `[0, 1]`. Of thresholds that do equally well by this, the one with the higher precision is taken, then the higher one.
 */
export type ThresholdGoal = { readonly precision: number } | { readonly recall: number } | "f1";

/** The point of the curve that meets the goal best; `undefined` when none meets it. */
export function chooseThreshold(
  { precision, recall, thresholds }: PrecisionRecallCurve,
  goal: ThresholdGoal,
): number | undefined {
  let best: { readonly threshold: number; readonly value: number; readonly precision: number } | undefined;
  thresholds?.forEach((threshold, i) => {
    const value = valueOf(precision[i]!, recall[i]!, goal);
    if (Number.isNaN(value)) return;
    const gain = best === undefined ? 1 : value - best.value || precision[i]! - best.precision;
    if (gain >= 0) best = { threshold, value, precision: precision[i]! };
  });
  return best?.threshold;
}

/** What is to be as high as can be; `NaN` where the goal is missed. */
function valueOf(precision: number, recall: number, goal: ThresholdGoal): number {
  if (goal === "f1") return precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall);
  if ("precision" in goal) return precision >= goal.precision ? recall : NaN;
  return recall >= goal.recall ? precision : NaN;
}
