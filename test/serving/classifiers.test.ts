import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";

import { ImageClassifier, LinearSVC, SvmClassifier, type ImageScores } from "../../src/classifiers/index.js";
import { decodeOnnx, encodeOnnx, externalDataLocation } from "../../src/engine/onnx-format.js";
import { readBundle, writeBundle, writeOnnx } from "../../src/export/index.js";
import { initializeWeights } from "../../src/networks/index.js";
import { Random } from "../../src/random.js";
import { startScoringServer } from "../../src/serving/index.js";
import { tinyResidualNetwork } from "../golden/tiny-networks.js";
import { temporaryFolder } from "../support.js";
import { tinyLabels, tinySet, writeTinyImages } from "../training/tiny-images.js";
import { writeColourBundle } from "./colour-bundle.js";
import { assertClose, predict } from "./requests.js";

const folder = await writeTinyImages(6);
const trainSet = tinySet(folder, [0, 1, 2, 3, 4]);
const images = tinySet(folder, [5]).images.map(({ path }) => path);

const untrained = (): ImageClassifier =>
  new ImageClassifier({ labels: tinyLabels, baseModel: "ResNet18", imageSize: 32, weights: "none" });

const onnx = join(temporaryFolder(), "tiny.onnx");
const network = tinyResidualNetwork();
writeFileSync(onnx, writeOnnx(network, initializeWeights(network, new Random(1)), { outputs: ["features"] }));

const kinds = [
  {
    name: "a fine-tuned network",
    train: async () => {
      const rates = { learningRates: [0.002, 0.002], batchSize: 5, verbose: 0 } as const;
      return untrained().fit(trainSet, rates);
    },
  },
  {
    name: "a linear classifier on a network of ours",
    train: () => new SvmClassifier(untrained(), new LinearSVC()).fit(trainSet, { verbose: 0 }),
  },
  {
    name: "a linear classifier on a network from elsewhere",
    train: () => {
      const model = new ImageClassifier({ labels: tinyLabels, baseModel: { onnx, imageSize: [32, 32] } });
      return new SvmClassifier(model, new LinearSVC()).fit(trainSet, { verbose: 0 });
    },
  },
];

for (const { name, train } of kinds) {
  test(`${name} is served with the scores that it predicts itself`, async () => {
    const classifier = await train();
    const bundle = join(temporaryFolder(), "bundle");
    await classifier.save(bundle);
    const expected = await classifier.predict(images);
    await classifier.dispose();
    const server = await startScoringServer({ bundle, workers: 1 });
    for (const [index, path] of images.entries()) {
      const { body } = await predict(server.url, Uint8Array.from(readFileSync(path)));
      const [prediction] = body.predictions;
      assert.deepEqual(Object.keys(prediction!.scores), tinyLabels);
      const own = expected[index] as ImageScores;
      assertClose(Object.values(prediction!.scores), Object.values(own.scores));
      assert.equal(prediction!.label, own.label);
    }
    await server.close();
  });
}

test("a network that was not trained is not served", async () => {
  const bundle = join(temporaryFolder(), "bundle");
  await untrained().save(bundle);
  await assert.rejects(startScoringServer({ bundle }), {
    name: "FileError",
    message: `${bundle}: holds a network that was not trained for its labels. Call fit before save.`,
  });
});

test("a bundle whose network keeps weights in a file elsewhere is not served, right hashes or not", async () => {
  const path = await writeColourBundle();
  const { manifest, files } = await readBundle(path);
  const model = decodeOnnx(files.get("model.onnx")!);
  for (const location of ["/etc/passwd", "../../secret", "weights.safetensors"]) {
    const initializer = model.graph.initializer.map(({ name, dims, dataType }) => ({
      name,
      dims,
      dataType,
      dataLocation: externalDataLocation,
      externalData: [{ key: "location", value: location }],
    }));
    const bundle = join(temporaryFolder(), "external");
    const changed = encodeOnnx({ ...model, graph: { ...model.graph, initializer } });
    await writeBundle(bundle, manifest, new Map([...files, ["model.onnx", changed]]));
    await assert.rejects(startScoringServer({ bundle, workers: 1 }), {
      message: `${join(bundle, "model.onnx")}: keeps tensors in ${JSON.stringify(location)}, outside the file. Save the model as one file.`,
    });
  }
});
