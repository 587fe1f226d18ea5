import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import {
  ClassificationEvaluation,
  normalizeConfusions,
  type PrecisionRecall,
  type PrecisionRecallCurve,
  type RocCurve,
} from "../../src/evaluation/index.js";
import { goldenPath } from "../support.js";
import { generateCase, type CaseRecipe } from "./generated-cases.js";

type Maybe = number | null;
type Triple = readonly [readonly Maybe[], readonly Maybe[], readonly Maybe[]];
type Average = readonly [Maybe, Maybe, Maybe];
type ByZeroDivision<T> = Readonly<Record<"0" | "1" | "nan", T>>;
interface Areas {
  readonly labels: readonly Maybe[];
  readonly micro: Maybe;
  readonly macro: Maybe;
  readonly weighted: Maybe;
}
type Arrays = readonly (readonly Maybe[])[];
interface Golden {
  readonly name: string;
  readonly generate: CaseRecipe;
  readonly accuracy: number;
  readonly interval: readonly [number, number];
  readonly balancedAccuracy: number;
  readonly confusionMatrix: readonly (readonly number[])[];
  readonly normalized: Readonly<Record<"true" | "predicted" | "all", readonly number[]>>;
  readonly labels: ByZeroDivision<Triple>;
  readonly averages: Readonly<Record<"micro" | "macro" | "weighted", ByZeroDivision<Average>>>;
  readonly rocAuc: Areas;
  readonly averagePrecision: Areas;
  readonly roc: Readonly<Record<"micro" | "label0" | "label0All" | "macroGrid", Arrays>>;
  readonly precisionRecall: Readonly<Record<"micro" | "label0" | "label0Dropped", Arrays | null>>;
  readonly logLoss: Maybe;
  readonly topK: readonly number[];
  readonly brierLoss: Maybe;
  readonly calibration: Readonly<Record<"confidence" | "label0", Arrays>>;
}

const cases = JSON.parse(readFileSync(goldenPath("metrics.json"), "utf8")) as readonly Golden[];
const tolerance = 1e-9;

function near(actual: number, expected: Maybe, what: string): void {
  if (expected === null) {
    assert.ok(Number.isNaN(actual), `${what}: got ${actual}, expected NaN`);
  } else {
    const error = Math.abs(actual - expected);
    assert.ok(
      error <= tolerance * Math.max(1, Math.abs(expected)),
      `${what}: got ${actual}, expected ${expected}`,
    );
  }
}

/** Compares arrays whole, or as the digest [length, sum, sum of i * value] where the golden file keeps that. */
function nearArray(actual: ArrayLike<number>, expected: readonly Maybe[], keep: boolean, what: string): void {
  // Infinity, the first threshold of a ROC curve, is a million in the file.
  const values = Array.from(actual, (value) => (value === Infinity ? 1e6 : value));
  const digest = (): number[] => [
    values.length,
    values.reduce((sum, value) => sum + value, 0),
    values.reduce((sum, value, i) => sum + i * value, 0),
  ];
  const comparable = keep ? values : digest();
  assert.equal(comparable.length, expected.length, `${what}: length`);
  comparable.forEach((value, i) => {
    near(value, expected[i]!, `${what}[${i}]`);
  });
}

function roc(curve: RocCurve, expected: Arrays, keep: boolean, what: string): void {
  nearArray(curve.falsePositiveRate, expected[0]!, keep, `${what} falsePositiveRate`);
  nearArray(curve.truePositiveRate, expected[1]!, keep, `${what} truePositiveRate`);
  nearArray(curve.thresholds!, expected[2]!, keep, `${what} thresholds`);
}

function precisionRecall(curve: PrecisionRecallCurve, expected: Arrays, keep: boolean, what: string): void {
  nearArray(curve.precision, expected[0]!, keep, `${what} precision`);
  nearArray(curve.recall, expected[1]!, keep, `${what} recall`);
  nearArray(curve.thresholds!, expected[2]!, keep, `${what} thresholds`);
}

function areas(expected: Areas, of: ClassificationEvaluation["rocAuc"], what: string): void {
  expected.labels.forEach((area, label) => {
    near(of({ label }), area, `${what} of label ${label}`);
  });
  for (const average of ["micro", "macro", "weighted"] as const)
    near(of({ average }), expected[average], `${what} ${average}`);
}

/** True positive rate of a macro curve just after each distinct false positive rate. */
function atGrid(curve: RocCurve): [number[], number[]] {
  const last = new Map(Array.from(curve.falsePositiveRate, (rate, i) => [rate, curve.truePositiveRate[i]!]));
  return [[...last.keys()], [...last.values()]];
}

for (const golden of cases) {
  const data = generateCase(golden.generate);
  const keep = data.scores.length <= 160;
  const evaluation = new ClassificationEvaluation(data);
  const present = Math.min(...evaluation.labelIndices);

  test(`${golden.name}: figures from predictions equal scikit-learn's`, () => {
    near(evaluation.accuracy, golden.accuracy, "accuracy");
    near(evaluation.accuracyInterval.low, golden.interval[0], "interval low");
    near(evaluation.accuracyInterval.high, golden.interval[1], "interval high");
    near(evaluation.balancedAccuracy, golden.balancedAccuracy, "balancedAccuracy");
    assert.deepEqual(evaluation.confusionMatrix, golden.confusionMatrix);
    for (const by of ["true", "predicted", "all"] as const) {
      const shares = normalizeConfusions(evaluation.confusionMatrix, by).flat();
      nearArray(shares, golden.normalized[by], keep, `normalized by ${by}`);
    }
    for (const [key, zeroDivision] of [
      ["0", 0],
      ["1", 1],
      ["nan", "nan"],
    ] as const) {
      const rows = evaluation.labelMetrics({ zeroDivision });
      const averages = evaluation.averagedMetrics({ zeroDivision });
      for (const [place, name] of (["precision", "recall", "f1"] as const).entries()) {
        rows.forEach((row, label) => {
          near(row[name], golden.labels[key][place]![label]!, `${name} of ${label}, zeroDivision ${key}`);
        });
        for (const how of ["micro", "macro", "weighted"] as const) {
          const average: PrecisionRecall = averages[how];
          near(average[name], golden.averages[how][key][place]!, `${how} ${name}, zeroDivision ${key}`);
        }
      }
    }
  });

  test(`${golden.name}: figures from scores equal scikit-learn's`, () => {
    areas(golden.rocAuc, (of) => evaluation.rocAuc(of), "rocAuc");
    areas(golden.averagePrecision, (of) => evaluation.averagePrecision(of), "averagePrecision");
    if (golden.logLoss !== null) near(evaluation.logLoss, golden.logLoss, "logLoss");
    if (golden.brierLoss !== null) near(evaluation.brierLoss, golden.brierLoss, "brierLoss");
    golden.topK.forEach((expected, i) => {
      near(evaluation.topKAccuracy(i + 1), expected, `topKAccuracy(${i + 1})`);
    });
    const bins = { bins: 5 };
    for (const [curve, expected] of [
      [evaluation.calibrationCurve(bins), golden.calibration.confidence],
      [evaluation.calibrationCurve({ ...bins, label: present }), golden.calibration.label0],
    ] as const) {
      nearArray(curve.observed, expected[0]!, true, "calibration observed");
      nearArray(curve.predicted, expected[1]!, true, "calibration predicted");
    }
  });

  test(`${golden.name}: curves equal scikit-learn's`, () => {
    roc(evaluation.rocCurve({ average: "micro" }), golden.roc.micro, keep, "micro");
    roc(evaluation.rocCurve({ label: present }), golden.roc.label0, keep, "label");
    roc(
      evaluation.rocCurve({ label: present, dropIntermediate: false }),
      golden.roc.label0All,
      keep,
      "all points",
    );
    const macro = atGrid(evaluation.rocCurve({ average: "macro" }));
    nearArray(macro[0], golden.roc.macroGrid[0]!, keep, "macro grid");
    nearArray(macro[1], golden.roc.macroGrid[1]!, keep, "macro values");

    const expected = golden.precisionRecall;
    precisionRecall(evaluation.precisionRecallCurve({ average: "micro" }), expected.micro!, keep, "micro");
    precisionRecall(evaluation.precisionRecallCurve({ label: present }), expected.label0!, keep, "label");
    precisionRecall(
      evaluation.precisionRecallCurve({ label: present, dropIntermediate: true }),
      expected.label0Dropped!,
      keep,
      "fewer points",
    );
  });
}
