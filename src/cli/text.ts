import type { ClassificationEvaluation, ImageProblem } from "../evaluation/index.js";

/** The images that were left out, as lines of text. */
export function problemLines(problems: readonly Pick<ImageProblem, "message">[]): string[] {
  return problems.length === 0
    ? []
    : [`${problems.length} left out:`, ...problems.map(({ message }) => `  ${message}`)];
}

/** The sentence of an accuracy, such as `accuracy 0.955 (95 % interval 0.782 to 0.992), balanced accuracy 0.931`. */
export function accuracyLine(evaluation: ClassificationEvaluation): string {
  const { accuracy, accuracyInterval, balancedAccuracy } = evaluation;
  const [low, high] = [accuracyInterval.low, accuracyInterval.high].map((value) => value.toFixed(3));
  return `accuracy ${accuracy.toFixed(3)} (95 % interval ${low} to ${high}), balanced accuracy ${balancedAccuracy.toFixed(3)}`;
}

/** `12 images`, `1 image`. */
export function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
