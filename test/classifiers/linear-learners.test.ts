import assert from "node:assert/strict";
import test from "node:test";

import { l2Normalize, type FeatureMatrix } from "../../src/classifiers/feature-matrix.js";
import { LinearSVC } from "../../src/classifiers/linear-svc.js";
import { LogisticRegression } from "../../src/classifiers/logistic-regression.js";
import { generateFeatures } from "./generated-features.js";

const learners = [
  {
    name: "LinearSVC",
    create: (options = {}) => new LinearSVC(options),
    fromJSON: (json: unknown) => LinearSVC.fromJSON(json),
  },
  {
    name: "LogisticRegression",
    create: (options = {}) => new LogisticRegression(options),
    fromJSON: (json: unknown) => LogisticRegression.fromJSON(json),
  },
] as const;

const four = generateFeatures([11, 100, 8, 4, 3, [0, 1, 2, 3]]);
const wide = generateFeatures([12, 80, 400, 4, 8, [0, 1, 2, 3]]);
const gap = generateFeatures([13, 60, 6, 5, 3, [0, 2, 4]]);
const pair = generateFeatures([14, 60, 6, 2, 2, [0, 1]]);

function share(predictions: Int32Array, truth: Int32Array): number {
  return predictions.filter((label, row) => label === truth[row]).length / truth.length;
}

function rowSums(values: Float64Array, columns: number): number[] {
  return Array.from({ length: values.length / columns }, (_, row) =>
    values.slice(row * columns, (row + 1) * columns).reduce((sum, value) => sum + value, 0),
  );
}

/** Softmax of dense scores, written out. */
function probabilitiesOf(
  learner: LinearSVC | LogisticRegression,
  { data, rows, columns }: FeatureMatrix,
): number[] {
  const { coefficients, intercepts } = learner.dense();
  return Array.from({ length: rows }, (_, row) => {
    const exponentials = Array.from(intercepts, (intercept, label) => {
      let score = intercept;
      for (let j = 0; j < columns; j++)
        score += data[row * columns + j]! * coefficients[label * columns + j]!;
      return Math.exp(score);
    });
    const total = exponentials.reduce((sum, value) => sum + value, 0);
    return exponentials.map((value) => value / total);
  }).flat();
}

for (const { name, create, fromJSON } of learners) {
  test(`${name} keeps the laws of learners`, async () => {
    for (const [data, labelCount] of [
      [four, 4],
      [wide, 4],
      [gap, 5],
      [pair, 2],
    ] as const) {
      const { features, labelIndices } = data.train;
      const learner = await create().fit(features, labelIndices, labelCount);
      assert.ok(learner.converged);
      assert.ok(share(learner.predict(features), labelIndices) > 0.8, "learns its training set");

      const again = await create().fit(features, labelIndices, labelCount);
      assert.deepEqual(again.model, learner.model, "same input, same result");

      const probabilities = learner.predictProbabilities(data.fresh.features);
      for (const sum of rowSums(probabilities, labelCount)) assert.ok(Math.abs(sum - 1) < 1e-12);
      const dense = probabilitiesOf(learner, data.fresh.features);
      probabilities.forEach((value, i) => {
        assert.ok(Math.abs(value - dense[i]!) < 1e-9, "the dense form says the same");
      });

      const predictions = learner.predict(data.fresh.features);
      predictions.forEach((label, row) => {
        const own = probabilities.slice(row * labelCount, (row + 1) * labelCount);
        assert.equal(own[label], Math.max(...own), "the prediction is the most probable label");
      });

      const restored = fromJSON(JSON.parse(JSON.stringify(learner)));
      assert.deepEqual(restored.predictProbabilities(data.fresh.features), probabilities, "survives JSON");
      assert.deepEqual(restored.options, learner.options);
    }
  });

  test(`${name} never predicts a label without examples`, async () => {
    const learner = await create().fit(gap.train.features, gap.train.labelIndices, 5);
    const scores = learner.decisionFunction(gap.fresh.features);
    assert.ok(scores.every((score, i) => (i % 5 === 1 || i % 5 === 3) === (score === -Infinity)));
    assert.ok(
      learner
        .predictProbabilities(gap.fresh.features)
        .every((p, i) => i % 5 === 0 || i % 5 === 2 || i % 5 === 4 || p === 0),
    );
  });

  test(`${name} weighs labels by name as by index`, async () => {
    const { features, labelIndices } = four.train;
    const labels = ["bowl", "cup", "cutlery", "plate"];
    const byName = await create({ classWeight: { cutlery: 5 } }).fit(features, labelIndices, 4, { labels });
    const byIndex = await create({ classWeight: { 2: 5 } }).fit(features, labelIndices, 4);
    const plain = await create().fit(features, labelIndices, 4);
    assert.deepEqual(byName.model, byIndex.model);
    const found = (learner: LinearSVC | LogisticRegression): number =>
      learner.predict(four.fresh.features).filter((label) => label === 2).length;
    assert.ok(found(byName) > found(plain), "a heavier label is predicted more often");
    await assert.rejects(create({ classWeight: { fork: 2 } }).fit(features, labelIndices, 4, { labels }), {
      name: "ArgumentError",
      message: `${name}.fit: classWeight must be keyed by label name or by an index below 4 ("bowl", "cup", "cutlery", "plate"), got "fork".`,
    });
  });

  test(`${name} can be cancelled, and reports progress`, async () => {
    const { train } = generateFeatures([15, 400, 600, 6, 8, [0, 1, 2, 3, 4, 5]]);
    const controller = new AbortController();
    const fitting = create({ C: 100, tolerance: 1e-12 }).fit(train.features, train.labelIndices, 6, {
      signal: controller.signal,
      onProgress: () => {
        controller.abort();
      },
    });
    await assert.rejects(fitting, {
      name: "CancelledError",
      message: "fit was cancelled; nothing was learned.",
    });

    const steps: number[] = [];
    await create().fit(four.train.features, four.train.labelIndices, 4, {
      onProgress: ({ done }) => steps.push(done),
    });
    assert.ok(steps.length > 1);
    assert.deepEqual(
      steps,
      [...steps].sort((a, b) => a - b),
    );
  });

  test(`${name} says when it has not converged`, async () => {
    const warnings: string[] = [];
    // Tall, so that Newton's method does all the work.
    const learner = await create({ maxIterations: 1 }).fit(four.train.features, four.train.labelIndices, 4, {
      onWarning: (message) => warnings.push(message),
    });
    assert.equal(learner.converged, false);
    assert.deepEqual(warnings, [
      `${name}.fit: not converged after 1 Newton step. Scale the features (l2Normalize), lower C, or raise maxIterations.`,
    ]);
  });

  test(`${name} names what is wrong`, async () => {
    const { features, labelIndices } = four.train;
    assert.throws(() => create({ C: 0 }), { message: `${name}: C must be a number above 0, got 0.` });
    assert.throws(() => create({ tolerance: 1 }), {
      message: `${name}: tolerance must be a number in (0, 1), got 1.`,
    });
    assert.throws(() => create().predict(features), {
      name: "SightbookError",
      message: `${name}.predict: the ${name} must be fitted, got a new one. Call fit first.`,
    });
    const learner = await create().fit(features, labelIndices, 4);
    assert.throws(() => learner.predict(wide.fresh.features), {
      message: `${name}.predict: features.columns must be 8, as when fitted, got 400. Use the features of the same network layer.`,
    });
    const broken = { ...features, data: features.data.map((value, i) => (i === 19 ? NaN : value)) };
    await assert.rejects(create().fit(broken, labelIndices, 4), {
      message: `${name}.fit: features[2, 3] must be a finite number, got NaN.`,
    });
    await assert.rejects(
      create().fit(
        features,
        labelIndices.map(() => 1),
        4,
      ),
      {
        message: `${name}.fit: labelIndices must be of at least two labels, got "100 examples of 1 label". There is nothing to tell apart.`,
      },
    );
    await assert.rejects(create().fit(features, labelIndices, 3), {
      message: /^\w+\.fit: labelIndices\[\d+\] must be an index below 3, got 3\.$/,
    });
    assert.throws(() => fromJSON({ kind: "tree" }), {
      message: new RegExp(`^${name}\\.fromJSON: json must be an object that toJSON made \\(kind "`),
    });
  });
}

test("both ways to solve a support vector machine agree", async () => {
  // 80 examples of 40 columns go through the primal problem; with columns of zeros added, through the dual one.
  const { train } = generateFeatures([16, 80, 40, 3, 6, [0, 1, 2]]);
  const { data, rows, columns } = train.features;
  const padded = new Float32Array(rows * 100);
  for (let row = 0; row < rows; row++)
    padded.set(data.subarray(row * columns, (row + 1) * columns), row * 100);
  const primal = await new LinearSVC().fit(train.features, train.labelIndices, 3);
  const dual = await new LinearSVC().fit({ data: padded, rows, columns: 100 }, train.labelIndices, 3);
  primal.model.coefficients.forEach((value, i) => {
    const other = dual.model.coefficients[Math.floor(i / columns) * 100 + (i % columns)]!;
    assert.ok(Math.abs(value - other) < 1e-6, `${value} and ${other}`);
  });
  primal.model.intercepts.forEach((value, i) => {
    assert.ok(Math.abs(value - dual.model.intercepts[i]!) < 1e-6);
  });
});

test("l2Normalize gives every row length 1 and leaves zeros alone", () => {
  const matrix = { data: Float32Array.of(3, 4, 0, 0, -5, 12), rows: 3, columns: 2 };
  const { data } = l2Normalize(matrix);
  assert.deepEqual(data, Float32Array.of(0.6, 0.8, 0, 0, -5 / 13, 12 / 13));
  assert.deepEqual(matrix.data, Float32Array.of(3, 4, 0, 0, -5, 12), "the argument stays");
});
