import { ArgumentError } from "../errors.js";
import type { ImageProblem } from "./classifier.js";
import type { EvaluationData } from "./evaluation-data.js";

/** An evaluation as plain data. */
export interface EvaluationJson {
  readonly schemaVersion: 1;
  readonly labels: readonly string[];
  readonly labelIndices: readonly number[];
  /** Row-major `[examples, labels]`; each number reads back as exactly the score it was. */
  readonly scores: readonly number[];
  readonly ids: readonly (string | number)[];
  readonly paths?: readonly string[];
  readonly problems: readonly ImageProblem[];
  /** `"float32"`: the scores are single precision, written with no more digits than that needs. */
  readonly precision: "float32" | "float64";
}

export function writeEvaluation(evaluation: Required<EvaluationData>): EvaluationJson {
  const scores = Array.from(evaluation.scores);
  const isSingle = scores.every((score) => Math.fround(score) === score);
  return {
    schemaVersion: 1,
    labels: evaluation.labels,
    labelIndices: Array.from(evaluation.labelIndices),
    scores: isSingle ? scores.map(shortestSingle) : scores,
    ids: evaluation.ids,
    ...(evaluation.paths && { paths: evaluation.paths }),
    problems: evaluation.problems,
    precision: isSingle ? "float32" : "float64",
  };
}

/** @throws {@link ArgumentError} when `json` is not what {@link writeEvaluation} writes. */
export function readEvaluation(json: unknown): EvaluationData {
  if (!isEvaluationJson(json)) {
    throw new ArgumentError(
      "ClassificationEvaluation.fromJSON",
      "json",
      "an object that toJSON made (schemaVersion 1)",
      json,
    );
  }
  return {
    labels: json.labels,
    labelIndices: json.labelIndices,
    scores: json.precision === "float32" ? Float32Array.from(json.scores) : json.scores,
    ids: json.ids,
    ...(json.paths && { paths: json.paths }),
    problems: json.problems,
  };
}

function isEvaluationJson(json: unknown): json is EvaluationJson {
  if (typeof json !== "object" || json === null) return false;
  const candidate: { [key in keyof EvaluationJson]?: unknown } = json;
  return (
    candidate.schemaVersion === 1 &&
    [candidate.labels, candidate.labelIndices, candidate.scores, candidate.ids, candidate.problems].every(
      (part) => Array.isArray(part),
    ) &&
    (candidate.paths === undefined || Array.isArray(candidate.paths))
  );
}

/** The decimal with the fewest digits that single precision reads back as the same number. */
function shortestSingle(value: number): number {
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return Number(value.toPrecision(9));
}
