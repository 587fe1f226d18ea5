import assert from "node:assert/strict";
import test from "node:test";

import { ClassificationEvaluation, type ThresholdMetrics } from "../../src/evaluation/index.js";
import { Random } from "../../src/random.js";
import { generateCase, type CaseRecipe } from "./generated-cases.js";

interface Metric {
  readonly name: string;
  readonly of: (evaluation: ClassificationEvaluation) => number;
  readonly range: readonly [number, number];
  /** Its value when every true label has probability 1. */
  readonly perfect: number;
  /** `false` where which of two equally scored labels wins depends on their order. */
  readonly ignoresOrderOfTies?: false;
  /** `true` where it depends on nothing but which label wins. */
  readonly needsOnlyPredictions?: true;
}

const averages = ["micro", "macro", "weighted"] as const;
const metrics: readonly Metric[] = [
  {
    name: "accuracy",
    of: (e) => e.accuracy,
    range: [0, 1],
    perfect: 1,
    ignoresOrderOfTies: false,
    needsOnlyPredictions: true,
  },
  {
    name: "balancedAccuracy",
    of: (e) => e.balancedAccuracy,
    range: [0, 1],
    perfect: 1,
    ignoresOrderOfTies: false,
    needsOnlyPredictions: true,
  },
  ...averages.flatMap((average) =>
    (["precision", "recall", "f1"] as const).map((name): Metric => ({
      name: `${average} ${name}`,
      of: (e) => e.averagedMetrics()[average][name],
      range: [0, 1],
      perfect: 1,
      ignoresOrderOfTies: false,
      needsOnlyPredictions: true,
    })),
  ),
  ...averages.map((average): Metric => ({
    name: `${average} rocAuc`,
    of: (e) => e.rocAuc({ average }),
    range: [0, 1],
    perfect: 1,
  })),
  ...averages.map((average): Metric => ({
    name: `${average} averagePrecision`,
    of: (e) => e.averagePrecision({ average }),
    range: [0, 1],
    perfect: 1,
  })),
  {
    name: "topKAccuracy(2)",
    of: (e) => e.topKAccuracy(2),
    range: [0, 1],
    perfect: 1,
    ignoresOrderOfTies: false,
  },
  { name: "logLoss", of: (e) => e.logLoss, range: [0, -Math.log(Number.EPSILON)], perfect: 0 },
  { name: "brierLoss", of: (e) => e.brierLoss, range: [0, 2], perfect: 0 },
  {
    name: "expected calibration error",
    of: (e) => e.calibrationCurve().expectedCalibrationError,
    range: [0, 1],
    perfect: 0,
    ignoresOrderOfTies: false,
  },
];

const recipes: Readonly<Record<string, CaseRecipe>> = {
  "four labels": [21, 4, 60, 100000, 50000, [0, 1, 2, 3]],
  "many ties": [22, 3, 60, 4, 2, [0, 1, 2]],
  "a label missing": [23, 5, 40, 100000, 40000, [0, 1, 3]],
};

function permuteExamples(data: ReturnType<typeof generateCase>): ClassificationEvaluation {
  const width = data.labels.length;
  const order = new Random(5).shuffle([...data.labelIndices.keys()]);
  return new ClassificationEvaluation({
    labels: data.labels,
    labelIndices: order.map((row) => data.labelIndices[row]!),
    scores: order.flatMap((row) => Array.from(data.scores.slice(row * width, (row + 1) * width))),
  });
}

function permuteLabels(data: ReturnType<typeof generateCase>): ClassificationEvaluation {
  const width = data.labels.length;
  const order = new Random(6).shuffle([...data.labels.keys()]);
  return new ClassificationEvaluation({
    labels: order.map((column) => data.labels[column]!),
    labelIndices: Array.from(data.labelIndices, (label) => order.indexOf(label)),
    scores: Array.from(data.labelIndices.keys()).flatMap((row) =>
      order.map((column) => data.scores[row * width + column]!),
    ),
  });
}

function near(actual: number, expected: number, what: string): void {
  assert.ok(
    Math.abs(actual - expected) <= 1e-12 * Math.max(1, Math.abs(expected)),
    `${what}: ${actual}, not ${expected}`,
  );
}

for (const metric of metrics) {
  test(`${metric.name} keeps the laws of metrics`, () => {
    for (const [name, recipe] of Object.entries(recipes)) {
      const data = generateCase(recipe);
      const value = metric.of(new ClassificationEvaluation(data));
      assert.ok(value >= metric.range[0] && value <= metric.range[1], `${name}: ${value} is in its range`);
      near(metric.of(permuteExamples(data)), value, `${name}: the order of examples does not matter`);
      if (metric.ignoresOrderOfTies !== false || name !== "many ties") {
        near(metric.of(permuteLabels(data)), value, `${name}: the order of labels does not matter`);
      }

      const width = data.labels.length;
      const certain = Float64Array.from(data.scores.keys(), (i) =>
        data.labelIndices[Math.floor(i / width)] === i % width ? 1 : 0,
      );
      near(
        metric.of(new ClassificationEvaluation({ ...data, scores: certain })),
        metric.perfect,
        `${name}: perfect`,
      );

      const doubled = new ClassificationEvaluation({
        labels: data.labels,
        labelIndices: [...data.labelIndices, ...data.labelIndices],
        scores: [...data.scores, ...data.scores],
      });
      near(metric.of(doubled), value, `${name}: a test set twice says the same`);

      if (metric.needsOnlyPredictions) {
        const predictions = new ClassificationEvaluation(data).predictions;
        const bold = Float64Array.from(data.scores.keys(), (i) =>
          predictions[Math.floor(i / width)] === i % width ? 1 : 0,
        );
        near(
          metric.of(new ClassificationEvaluation({ ...data, scores: bold })),
          value,
          `${name}: only predictions count`,
        );
      }
    }
  });
}

test("a uniform guess costs ln(labels) nats", () => {
  const data = generateCase([1, 4, 20, 1, 0, [0, 1, 2, 3]]);
  near(new ClassificationEvaluation(data).logLoss, Math.log(4), "logLoss");
});

test("the area below an average curve is the average of the areas", () => {
  for (const recipe of Object.values(recipes)) {
    const evaluation = new ClassificationEvaluation(generateCase(recipe));
    const roc = evaluation.rocCurve({ average: "macro" });
    let area = 0;
    for (let i = 1; i < roc.falsePositiveRate.length; i++) {
      const width = roc.falsePositiveRate[i]! - roc.falsePositiveRate[i - 1]!;
      assert.ok(width >= 0);
      assert.ok(roc.truePositiveRate[i]! >= roc.truePositiveRate[i - 1]! - 1e-12);
      area += (width * (roc.truePositiveRate[i]! + roc.truePositiveRate[i - 1]!)) / 2;
    }
    near(area, evaluation.rocAuc({ average: "macro" }), "ROC");
    const { precision, recall } = evaluation.precisionRecallCurve({ average: "macro" });
    let averagePrecision = 0;
    for (let i = 0; i + 1 < recall.length; i++)
      averagePrecision += (recall[i]! - recall[i + 1]!) * precision[i]!;
    near(averagePrecision, evaluation.averagePrecision({ average: "macro" }), "precision-recall");
  }
});

test("every point of a curve is what its threshold gives", () => {
  for (const recipe of Object.values(recipes)) {
    const evaluation = new ClassificationEvaluation(generateCase(recipe));
    const roc = evaluation.rocCurve({ label: 0 });
    roc.thresholds!.forEach((threshold, i) => {
      const at = evaluation.metricsAtThreshold(0, threshold);
      assert.equal(at.recall, roc.truePositiveRate[i]);
      assert.equal(at.falsePositiveRate, roc.falsePositiveRate[i]);
    });
    const curve = evaluation.precisionRecallCurve({ label: "label 1" });
    curve.thresholds!.forEach((threshold, i) => {
      const at = evaluation.metricsAtThreshold("label 1", threshold);
      assert.equal(at.precision, curve.precision[i]);
      assert.equal(at.recall, curve.recall[i]);
      assert.equal(
        at.truePositives + at.falsePositives + at.trueNegatives + at.falseNegatives,
        evaluation.size,
      );
    });
  }
});

test("reversing the scores of two labels mirrors the area", () => {
  const data = generateCase([31, 2, 80, 1000, 300, [0, 1]]);
  const area = new ClassificationEvaluation(data).rocAuc({ label: 0 });
  const mirrored = new ClassificationEvaluation({ ...data, scores: data.scores.map((score) => 1 - score) });
  near(mirrored.rocAuc({ label: 0 }), 1 - area, "area");
});

test("every point of the micro-averaged curve is what its threshold gives", () => {
  for (const recipe of Object.values(recipes)) {
    const evaluation = new ClassificationEvaluation(generateCase(recipe));
    const { precision, recall, thresholds } = evaluation.precisionRecallCurve({ average: "micro" });
    thresholds!.forEach((threshold, i) => {
      const at = evaluation.metricsAtThreshold({ average: "micro" }, threshold);
      assert.equal(at.precision, precision[i]);
      assert.equal(at.recall, recall[i]);
    });
  }
});

test("a chosen threshold meets its goal, and no other point of the curve does better", () => {
  for (const recipe of Object.values(recipes)) {
    const evaluation = new ClassificationEvaluation(generateCase(recipe));
    for (const of of [{ label: 0 }, { average: "micro" }] as const) {
      const label = "label" in of ? of.label : of;
      const { thresholds } = evaluation.precisionRecallCurve(of);
      const points = Array.from(thresholds!, (threshold) => evaluation.metricsAtThreshold(label, threshold));
      const goals = [
        { goal: "f1", meets: () => true, value: "f1" },
        { goal: { precision: 0.8 }, meets: (p: ThresholdMetrics) => p.precision >= 0.8, value: "recall" },
        { goal: { recall: 0.8 }, meets: (p: ThresholdMetrics) => p.recall >= 0.8, value: "precision" },
      ] as const;
      for (const { goal, meets, value } of goals) {
        const chosen = evaluation.chooseThreshold(of, goal);
        const able = points.filter((point) => meets(point));
        if (chosen === undefined) {
          assert.deepEqual(able, []);
          continue;
        }
        const at = evaluation.metricsAtThreshold(label, chosen);
        assert.ok(meets(at));
        // F1 is computed from counts in one place and from rates in the other.
        assert.ok(at[value] >= Math.max(...able.map((point) => point[value])) - 1e-12);
      }
    }
  }
});

test("decisions at thresholds: every example in its row, unknown below its label's threshold", () => {
  for (const recipe of Object.values(recipes)) {
    const evaluation = new ClassificationEvaluation(generateCase(recipe));
    const width = evaluation.labels.length;
    const plain = evaluation.confusionMatrix.map((row) => [...row, 0]);
    assert.deepEqual(evaluation.confusionMatrixAt(0), plain);
    assert.deepEqual(
      evaluation.confusionMatrixAt(2).map((row) => row.at(-1)),
      evaluation.confusionMatrix.map((row) => row.reduce((sum, count) => sum + count, 0)),
    );
    const first = evaluation.labels[0]!;
    const expected = evaluation.labels.map(() => new Array<number>(width + 1).fill(0));
    evaluation.predictions.forEach((prediction, row) => {
      const isUnknown = prediction === 0 && evaluation.scores[row * width]! < 0.6;
      expected[evaluation.labelIndices[row]!]![isUnknown ? width : prediction]!++;
    });
    assert.deepEqual(evaluation.confusionMatrixAt({ [first]: 0.6 }), expected);
  }
});
