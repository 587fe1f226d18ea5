import type { ClassificationEvaluation } from "../../src/index.js";
import { compareCodePoints } from "../../src/data/code-points.js";
import type { ResultsFilters, ResultsFound, ResultsOrder } from "../state/index.js";

/** Which rows of the evaluation the filters leave, in order, and the counts beside the filters. */
export interface Selection {
  readonly rows: Int32Array;
  readonly found: Omit<ResultsFound, "filters">;
}

/** The rows of an evaluation, to be filtered and sorted: a hundred thousand in some milliseconds. */
export class EvaluatedImages {
  readonly #evaluation: ClassificationEvaluation;
  readonly #name: (row: number) => string;
  readonly #confidences: Float64Array;
  readonly #losses: Float64Array;
  readonly #orders = new Map<ResultsOrder, Int32Array>();

  /** @param name - File name of a row. */
  constructor(evaluation: ClassificationEvaluation, name: (row: number) => string) {
    const { scores, predictions, labelIndices, labels } = evaluation;
    const scoreOf = (indices: Int32Array): Float64Array =>
      Float64Array.from(indices, (label, row) => scores[row * labels.length + label]!);
    this.#evaluation = evaluation;
    this.#name = name;
    this.#confidences = scoreOf(predictions);
    // Clipped as the log loss is, so that a certain and wrong answer has a finite one.
    this.#losses = scoreOf(labelIndices).map(
      (score) => -Math.log(Math.min(Math.max(score, Number.EPSILON), 1)),
    );
  }

  isRight(row: number): boolean {
    const { predictions, labelIndices } = this.#evaluation;
    return predictions[row] === labelIndices[row];
  }

  /** Minus the log of the true label's probability, in nats. */
  loss(row: number): number {
    return this.#losses[row]!;
  }

  select({ right, wrong, trueLabel, predictedLabel, confidence, sort }: ResultsFilters): Selection {
    const { predictions, labelIndices, labels } = this.#evaluation;
    // A probability may be a rounding error above 1.
    const [least, most] = [confidence[0], confidence[1] >= 1 ? Infinity : confidence[1]];
    const order = this.#order(sort);
    const rows = new Int32Array(order.length);
    const found = {
      count: 0,
      right: 0,
      wrong: 0,
      trueLabel: labels.map(() => 0),
      predictedLabel: labels.map(() => 0),
    };
    for (const row of order) {
      if (this.#confidences[row]! < least || this.#confidences[row]! > most) continue;
      const [truth, prediction] = [labelIndices[row]!, predictions[row]!];
      const isRight = truth === prediction;
      const hasOutcome = isRight ? right : wrong;
      const isTrue = trueLabel === null || trueLabel === truth;
      const isPredicted = predictedLabel === null || predictedLabel === prediction;
      if (isTrue && isPredicted) found[isRight ? "right" : "wrong"]++;
      if (hasOutcome && isPredicted) found.trueLabel[truth]!++;
      if (hasOutcome && isTrue) found.predictedLabel[prediction]!++;
      if (hasOutcome && isTrue && isPredicted) rows[found.count++] = row;
    }
    return { rows: rows.subarray(0, found.count), found };
  }

  /** All rows in this order, sorted once; equal ones in the evaluation's order. */
  #order(sort: ResultsOrder): Int32Array {
    const kept = this.#orders.get(sort);
    if (kept !== undefined) return kept;
    const rows = Int32Array.from(this.#losses.keys());
    const compare = this.#comparison(sort);
    if (compare !== undefined) rows.sort((a, b) => compare(a, b) || a - b);
    this.#orders.set(sort, rows);
    return rows;
  }

  #comparison(sort: ResultsOrder): ((a: number, b: number) => number) | undefined {
    const confidences = this.#confidences;
    switch (sort) {
      case "mistakes": // then the right ones, the least confident first
        return (a, b) => {
          const [isRightA, isRightB] = [this.isRight(a), this.isRight(b)];
          if (isRightA !== isRightB) return isRightA ? 1 : -1;
          const rise = confidences[a]! - confidences[b]!;
          return isRightA ? rise : -rise;
        };
      case "loss":
        return (a, b) => this.#losses[b]! - this.#losses[a]!;
      case "doubt":
        return (a, b) => confidences[a]! - confidences[b]!;
      case "name":
        return (a, b) => compareCodePoints(this.#name(a), this.#name(b));
      case "dataset":
        return undefined;
    }
  }
}
