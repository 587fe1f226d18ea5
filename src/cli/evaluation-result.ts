import type { ClassificationEvaluation, ImageProblem } from "../evaluation/index.js";
import type { JsonValue } from "../export/index.js";

import { problemLines } from "./text.js";

type JsonObject = Readonly<Record<string, JsonValue>>;

/** An evaluation as `sightbook evaluate --json` prints it. */
export function evaluationJson(
  evaluation: ClassificationEvaluation,
  problems: readonly ImageProblem[],
): JsonObject {
  const { accuracy, accuracyInterval, balancedAccuracy, confusionMatrix, labels, size } = evaluation;
  return {
    images: size,
    accuracy,
    accuracyInterval: [accuracyInterval.low, accuracyInterval.high],
    balancedAccuracy,
    labels,
    confusionMatrix,
    report: evaluation
      .report()
      .rows.map(({ label, precision, recall, f1, support }) => ({ label, precision, recall, f1, support })),
    problems: problems.map(({ path, kind, message }) => ({ path, kind, message })),
  };
}

/** An evaluation for people: the report, then the confusion matrix, then what was left out. */
export function evaluationText(
  evaluation: ClassificationEvaluation,
  problems: readonly ImageProblem[],
): string {
  const { confusionMatrix, labels } = evaluation;
  const cells = confusionMatrix.map((row) => row.map(String));
  const width = Math.max(...cells.flat().map((cell) => cell.length), 1);
  const labelWidth = Math.max(...labels.map((label) => label.length));
  return [
    String(evaluation.report()),
    "",
    "confusion matrix (rows: true label, columns: predicted label, in the same order)",
    ...cells.map(
      (row, index) =>
        `  ${labels[index]!.padEnd(labelWidth)}  ${row.map((cell) => cell.padStart(width)).join("  ")}`,
    ),
    ...problemLines(problems),
  ].join("\n");
}
