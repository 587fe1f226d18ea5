import { ArgumentError } from "../errors.js";

/** The least score, in [0, 1], at which each label is believed. */
export type ModelThresholds = Readonly<Record<string, number>>;

/** What a model answers instead of a label whose score is below its threshold. */
export const unknownDecision = "unknown";

/**
 * A threshold for every label: one number for all, or those given by name and 0 (always believed) for the others.
 *
 * @throws {@link ArgumentError} when a threshold is no number in [0, 1] or its name is no label.
 */
export function thresholdsFor(
  where: string,
  labels: readonly string[],
  given: number | ModelThresholds,
): ModelThresholds {
  const named = new Map(
    typeof given === "number" ? labels.map((label) => [label, given]) : Object.entries(given),
  );
  for (const [label, threshold] of named) {
    if (!labels.includes(label)) {
      throw new ArgumentError(where, "thresholds", `keyed by the labels ${labels.join(", ")}`, label);
    }
    if (!isThreshold(threshold)) {
      throw new ArgumentError(where, `thresholds of ${JSON.stringify(label)}`, "in [0, 1]", threshold);
    }
  }
  return Object.fromEntries(labels.map((label) => [label, named.get(label) ?? 0]));
}

export function isThreshold(value: unknown): value is number {
  return typeof value === "number" && value >= 0 && value <= 1;
}

/** The label, or {@link unknownDecision} when its score is below its threshold; without thresholds always the label. */
export function decide(label: string, score: number, thresholds: ModelThresholds | undefined): string {
  return score >= (thresholds?.[label] ?? 0) ? label : unknownDecision;
}
