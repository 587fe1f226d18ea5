import assert from "node:assert/strict";
import { join } from "node:path";
import test from "node:test";

import {
  ImageClassifier,
  loadClassifier,
  LogisticRegression,
  SvmClassifier,
} from "../../src/classifiers/index.js";
import { readBundle } from "../../src/export/index.js";
import { temporaryFolder } from "../support.js";
import { tinyLabels, tinySet, writeTinyImages } from "../training/tiny-images.js";

const folder = await writeTinyImages(3);
const options = {
  labels: tinyLabels,
  baseModel: "EfficientNetLite0",
  imageSize: 32,
  weights: "none",
} as const;

/** A network that passes for trained: what thresholds do does not depend on what it learned. */
async function imageClassifier(): Promise<ImageClassifier> {
  const state = await new ImageClassifier(options).loadWeights();
  return ImageClassifier.fromState(options, { ...state, trained: true });
}

const cases = [
  { name: "ImageClassifier", untrained: () => new ImageClassifier(options), trained: imageClassifier },
  {
    name: "SvmClassifier",
    untrained: () => new SvmClassifier(new ImageClassifier(options), new LogisticRegression()),
    trained: () =>
      new SvmClassifier(new ImageClassifier(options), new LogisticRegression()).fit(
        tinySet(folder, [0, 1, 2]),
        {
          verbose: 0,
        },
      ),
  },
];

for (const { name, untrained, trained } of cases) {
  test(`${name}: thresholds are set, saved and loaded`, async () => {
    const model = await trained();
    assert.equal(model.thresholds, undefined);
    const [first, ...others] = tinyLabels;
    model.setThresholds({ [first!]: 0.7 });
    const expected = { [first!]: 0.7, ...Object.fromEntries(others.map((label) => [label, 0])) };
    assert.deepEqual(model.thresholds, expected);
    const path = join(temporaryFolder(), "model");
    await model.save(path);
    assert.deepEqual((await readBundle(path)).manifest.thresholds, expected);
    const loaded = await loadClassifier(path);
    assert.deepEqual(loaded.thresholds, expected);
    loaded.setThresholds(0.25);
    assert.deepEqual(loaded.thresholds, Object.fromEntries(tinyLabels.map((label) => [label, 0.25])));
    await Promise.all([model.dispose(), loaded.dispose()]);
  });

  test(`${name}: thresholds that make no sense are refused, and an untrained model has none`, async () => {
    const model = await trained();
    const where = `${name}.setThresholds`;
    const { length } = tinyLabels;
    assert.ok(length > 1);
    assert.throws(
      () => {
        model.setThresholds({ fork: 0.5 });
      },
      {
        message: `${where}: thresholds must be keyed by the labels ${tinyLabels.join(", ")}, got "fork".`,
      },
    );
    assert.throws(
      () => {
        model.setThresholds(1.5);
      },
      {
        message: `${where}: thresholds of "${tinyLabels[0]!}" must be in [0, 1], got 1.5.`,
      },
    );
    assert.throws(
      () => {
        untrained().setThresholds(0.5);
      },
      { message: new RegExp(`^${where}: .* not trained yet`) },
    );
    await model.dispose();
  });
}
