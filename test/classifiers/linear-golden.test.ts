import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { LinearSVC } from "../../src/classifiers/linear-svc.js";
import { LogisticRegression } from "../../src/classifiers/logistic-regression.js";
import { goldenPath } from "../support.js";
import { generateFeatures, type FeatureRecipe } from "./generated-features.js";

interface Golden {
  readonly data: string;
  readonly recipe: FeatureRecipe;
  readonly learner: "svc" | "logistic";
  readonly options: Readonly<Record<string, never>>;
  readonly coefficients?: readonly number[];
  readonly norms?: readonly number[];
  readonly intercepts: readonly number[];
  readonly scores: readonly number[];
  readonly probabilities?: readonly number[];
  readonly predictions: readonly number[];
}

const tolerance = 1e-3;
const cases = JSON.parse(readFileSync(goldenPath("linear-learners.json"), "utf8")) as readonly Golden[];

function near(actual: ArrayLike<number>, expected: readonly number[], what: string): void {
  assert.equal(actual.length, expected.length, `${what}: length`);
  const scale = Math.max(...expected.map(Math.abs));
  expected.forEach((value, i) => {
    assert.ok(
      Math.abs(actual[i]! - value) <= tolerance * scale,
      `${what}[${i}]: got ${actual[i]!}, expected ${value}`,
    );
  });
}

for (const golden of cases) {
  test(`${golden.learner} on ${golden.data} with ${JSON.stringify(golden.options)} equals scikit-learn's`, async () => {
    const [, , columns, labelCount] = golden.recipe;
    const { train, fresh } = generateFeatures(golden.recipe);
    const learner = new (golden.learner === "svc" ? LinearSVC : LogisticRegression)(golden.options);
    await learner.fit(train.features, train.labelIndices, labelCount);
    assert.ok(learner.converged);

    const { coefficients, intercepts, seenLabels } = learner.model;
    if (golden.coefficients) near(coefficients, golden.coefficients, "coefficients");
    if (golden.norms) {
      const rows = golden.norms.map((_, row) => coefficients.subarray(row * columns, (row + 1) * columns));
      near(
        rows.map((row) => Math.hypot(...row)),
        golden.norms,
        "norms",
      );
    }
    near(intercepts, golden.intercepts, "intercepts");

    // scikit-learn has columns for the labels that occur, and for two of them one score.
    const pick = (values: Float64Array, labels: readonly number[]): number[] =>
      [0, 1, 2, 3, 4].flatMap((row) => labels.map((label) => values[row * labelCount + label]!));
    const scores = learner.decisionFunction(fresh.features);
    near(pick(scores, seenLabels.length === 2 ? seenLabels.slice(1) : seenLabels), golden.scores, "scores");
    const probabilities = learner.predictProbabilities(fresh.features);
    if (golden.probabilities) near(pick(probabilities, seenLabels), golden.probabilities, "probabilities");

    const predictions = learner.predict(fresh.features);
    const wrong = golden.predictions.filter((expected, row) => {
      const [best, second] = Array.from(scores.slice(row * labelCount, (row + 1) * labelCount)).sort(
        (a, b) => b - a,
      );
      return predictions[row] !== expected && best! - second! > tolerance;
    });
    assert.deepEqual(wrong, [], "predictions that differ without a tie");
  });
}
