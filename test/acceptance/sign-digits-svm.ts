// Linear learners on the features of pretrained networks: photos of hand signs, 66 / 34 split, mean of five seeds.
import type { OnnxBackbone } from "../../src/engine/index.js";

import { ImageClassifier, LinearSVC } from "../../src/classifiers/index.js";
import { l2Normalize } from "../../src/classifiers/feature-matrix.js";
import { ClassificationDataset } from "../../src/data/index.js";
import { developmentData } from "../support.js";
import { listed, mean, reportBars, unpackedData, type Bar } from "./support.js";

const dataset = await ClassificationDataset.fromDirectory(unpackedData("sign-digits"));

async function bar(
  name: string,
  baseModel: OnnxBackbone | "EfficientNetLite0",
  imageSize: number,
  atLeast: number,
): Promise<Bar> {
  const startedAt = performance.now();
  const model = new ImageClassifier({ labels: dataset.labels, baseModel, imageSize });
  const { features, included } = await model.featurize(dataset, {
    onProgress: ({ done, total }) => process.stderr.write(`\r${name}: ${done}/${total}`),
  });
  await model.dispose();
  const { data, columns } = l2Normalize(features);
  const rowOfPath = new Map(included.map((image, row) => [dataset.images[image]!.path, row]));
  const rowsOf = (set: ClassificationDataset): { matrix: typeof features; labelIndices: Int32Array } => {
    const rows = set.images.map(({ path }) => rowOfPath.get(path)!);
    const matrix = new Float32Array(rows.length * columns);
    rows.forEach((row, to) => {
      matrix.set(data.subarray(row * columns, (row + 1) * columns), to * columns);
    });
    return { matrix: { data: matrix, rows: rows.length, columns }, labelIndices: set.labelIndices };
  };
  const accuracies: number[] = [];
  for (const seed of [1, 2, 3, 4, 5]) {
    const [trainSet, testSet] = dataset.split({ trainSize: 0.66, stratify: "label", seed }).map(rowsOf);
    const svm = new LinearSVC({ C: 1, classWeight: "balanced" });
    await svm.fit(trainSet!.matrix, trainSet!.labelIndices, dataset.labels.length);
    const predicted = svm.predict(testSet!.matrix);
    const right = predicted.filter((label, row) => label === testSet!.labelIndices[row]).length;
    accuracies.push(right / predicted.length);
    process.stderr.write(`\r${name}: seed ${seed}: ${accuracies.at(-1)!.toFixed(3)}      \n`);
  }
  return {
    name,
    value: mean(accuracies),
    atLeast,
    seconds: (performance.now() - startedAt) / 1000,
    note: listed(accuracies),
  };
}

const squeezenet = { onnx: developmentData("squeezenet1.1.onnx")!, output: "features" };
reportBars([
  await bar("SqueezeNet 227 px + LinearSVC", squeezenet, 227, 0.94),
  await bar("EfficientNetLite0 224 px + LinearSVC", "EfficientNetLite0", 224, 0.915),
]);
