import { ArgumentError } from "../errors.js";
import type { ImageProblem } from "./classifier.js";

/** Scores of a test set beside its true labels: all that an evaluation is made from. */
export interface EvaluationData {
  /** Names of the labels, all different; their order is the order of the columns of `scores`. */
  readonly labels: readonly string[];
  /** Probabilities, row-major `[examples, labels]`: each in `[0, 1]`, each row adding up to 1. */
  readonly scores: Float32Array | Float64Array | readonly number[];
  /** Column of each example's true label, `[examples]`. */
  readonly labelIndices: Int32Array | readonly number[];
  /** The examples' ids in their dataset. Default: 0, 1, 2, ... */
  readonly ids?: readonly (string | number)[];
  /** The examples' image files. */
  readonly paths?: readonly string[] | undefined;
  /** Images that could not be scored; they count nowhere, but stay named. */
  readonly problems?: readonly ImageProblem[];
}

/** Rounding of single precision over a thousand labels stays far below this; logits or percentages far above. */
const probabilityTolerance = 1e-3;

/** @throws {@link ArgumentError} naming the first thing about `data` that cannot be evaluated. */
export function checkEvaluationData(where: string, data: EvaluationData): void {
  const { labels, scores, labelIndices, ids, paths } = data;
  if (labels.length === 0 || new Set(labels).size !== labels.length) {
    throw new ArgumentError(where, "labels", "one or more different names", labels);
  }
  const examples = labelIndices.length;
  if (examples === 0) {
    throw new ArgumentError(
      where,
      "labelIndices",
      "of at least one example",
      [...labelIndices],
      "There is nothing to evaluate: check that the test set has labelled, readable images.",
    );
  }
  if (scores.length !== examples * labels.length) {
    throw new ArgumentError(
      where,
      "scores",
      `${examples} x ${labels.length} numbers (examples x labels)`,
      scores.length,
    );
  }
  labelIndices.forEach((index: number, row: number) => {
    if (!Number.isInteger(index) || index < 0 || index >= labels.length) {
      throw new ArgumentError(where, `labelIndices[${row}]`, `an index below ${labels.length}`, index);
    }
  });
  for (const [name, list] of Object.entries({ ids, paths })) {
    if (list !== undefined && list.length !== examples) {
      throw new ArgumentError(where, name, `as many as examples, ${examples}`, list.length);
    }
  }
  checkProbabilities(where, scores, examples, labels.length);
}

function checkProbabilities(
  where: string,
  scores: EvaluationData["scores"],
  rows: number,
  columns: number,
): void {
  for (let row = 0; row < rows; row++) {
    let sum = 0;
    for (let column = 0; column < columns; column++) {
      const score = scores[row * columns + column]!;
      if (!(score >= -probabilityTolerance && score <= 1 + probabilityTolerance)) {
        throw new ArgumentError(
          where,
          `scores[${row}, ${column}]`,
          "a probability in [0, 1]",
          score,
          "Apply softmax to logits first.",
        );
      }
      sum += score;
    }
    if (Math.abs(sum - 1) > probabilityTolerance) {
      throw new ArgumentError(
        where,
        `scores[${row}]`,
        "probabilities that add up to 1",
        sum,
        "Apply softmax to logits first.",
      );
    }
  }
}
