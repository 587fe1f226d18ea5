import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";

import {
  ImageClassifier,
  LinearSVC,
  loadClassifier,
  LogisticRegression,
  SvmClassifier,
} from "../../src/classifiers/index.js";
import { openInference } from "../../src/engine/index.js";
import { ClassificationEvaluation } from "../../src/evaluation/index.js";
import { readBundle } from "../../src/export/index.js";
import { PixelLoader } from "../../src/images/index.js";
import { developmentData, skipWithout, temporaryFolder } from "../support.js";
import { tinyLabels, tinySet, writeTinyImages } from "../training/tiny-images.js";

const folder = await writeTinyImages(8);
const trainSet = tinySet(folder, [0, 1, 2, 3, 4, 5]);
const testSet = tinySet(folder, [6, 7]);

function network(): ImageClassifier {
  return new ImageClassifier({
    labels: tinyLabels,
    baseModel: "EfficientNetLite0",
    imageSize: 32,
    weights: "none",
  });
}

const learners = [
  { name: "LinearSVC", create: () => new LinearSVC({ C: 10, classWeight: "balanced" }) },
  { name: "LogisticRegression", create: () => new LogisticRegression({ C: 100 }) },
];

for (const { name, create } of learners) {
  test(`${name} on a network's features: fit, evaluate, save, load`, async () => {
    const classifier = new SvmClassifier(network(), create());
    assert.equal(await classifier.fit(trainSet, { verbose: 0 }), classifier);
    assert.equal(classifier.recipe?.trainImages, 18);
    assert.equal(classifier.recipe.features, 1280);
    const evaluation = await ClassificationEvaluation.run(classifier, testSet);
    assert.equal(evaluation.accuracy, 1);

    const path = join(temporaryFolder(), "svm");
    await classifier.save(path);
    const loaded = await loadClassifier(path);
    assert.ok(loaded instanceof SvmClassifier);
    assert.deepEqual(await loaded.predict(testSet), await classifier.predict(testSet));
    assert.equal(loaded.summary(), classifier.summary());
    await loaded.dispose();

    // The bundle's ONNX model holds the whole way: features, their length, the linear layer, softmax.
    const { manifest, files } = await readBundle(path);
    assert.equal(manifest.kind, "linear-classifier");
    const session = await openInference(files.get("model.onnx")!);
    assert.deepEqual([...session.outputNames].sort(), ["features", "logits", "probabilities"]);
    const paths = testSet.images.map((image) => image.path);
    const { preprocessing } = classifier.model;
    for await (const batch of new PixelLoader().batches(paths, { batchSize: 6, preprocessing })) {
      const { data } = (await session.run(batch)).get("probabilities")!;
      data.forEach((probability, index) => {
        assert.ok(Math.abs(probability - evaluation.scores[index]!) < 1e-5);
      });
    }
    await session.dispose();
    await classifier.dispose();
  });
}

test(
  "another ONNX network gives the features, in a folder and in a zip",
  { skip: skipWithout("squeezenet1.1.onnx") },
  async () => {
    const onnx = developmentData("squeezenet1.1.onnx")!;
    const baseModel = { onnx, output: "features", mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] } as const;
    const model = new ImageClassifier({ labels: tinyLabels, baseModel, imageSize: 64 });
    const classifier = await new SvmClassifier(model, new LinearSVC()).fit(trainSet, { verbose: 0 });
    const predictions = await classifier.predict(testSet);
    for (const name of ["svm", "svm.zip"]) {
      const path = join(temporaryFolder(), name);
      await classifier.save(path);
      const { files } = await readBundle(path);
      assert.deepEqual(Buffer.from(files.get("model.onnx")!), readFileSync(onnx));
      const loaded = await SvmClassifier.load(path);
      assert.deepEqual(await loaded.predict(testSet), predictions);
      await loaded.dispose();
    }
    await classifier.dispose();
  },
);

test("an image that cannot be read is left out of training and named in prediction", async () => {
  const missing = join(folder, "missing.png");
  const odd = {
    ...trainSet,
    images: [...trainSet.images, { id: "missing", path: missing, labels: ["red"] }],
  };
  const classifier = await new SvmClassifier(network(), new LinearSVC()).fit(odd, { verbose: 0 });
  assert.equal(classifier.recipe?.trainImages, 18);
  assert.deepEqual(
    classifier.problems.map(({ path }) => path),
    [missing],
  );
  const [alone] = await classifier.predict([missing]);
  assert.ok(alone!.problem?.message.startsWith(`${missing}: `));
  await classifier.dispose();
});

test("a classifier that was not trained says so", async () => {
  const classifier = new SvmClassifier(network(), new LinearSVC());
  for (const [method, call] of [
    ["predict", () => classifier.predict(testSet)],
    ["save", () => classifier.save(join(temporaryFolder(), "svm"))],
  ] as const) {
    await assert.rejects(call(), {
      message: `SvmClassifier.${method}: the classifier is not trained yet. Call fit first, or load a trained one's bundle.`,
    });
  }
});

test("each kind of classifier refuses the other's bundle", async () => {
  const classifier = await new SvmClassifier(network(), new LinearSVC()).fit(trainSet, { verbose: 0 });
  const path = join(temporaryFolder(), "svm");
  await classifier.save(path);
  await assert.rejects(ImageClassifier.load(path), {
    name: "FileError",
    message: `${path}: holds a linear-classifier, not an image-classifier. loadClassifier reads both.`,
  });
  await classifier.dispose();
});
