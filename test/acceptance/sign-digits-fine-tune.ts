// Fine-tuning EfficientNetLite0 on photos of hand signs, as in the reference run: 96 px random crops of images resized to
// 109 px, no flips, eight one-cycle epochs to 0.05, batch 32, Nesterov, L2 1e-4, dropout 0.2. Memory is watched on the way.
import { ImageClassifier } from "../../src/classifiers/index.js";
import { ClassificationDataset } from "../../src/data/index.js";
import { ClassificationEvaluation } from "../../src/evaluation/index.js";
import { reportBars, unpackedData } from "./support.js";

const dataset = await ClassificationDataset.fromDirectory(unpackedData("sign-digits"));
const [trainSet, testSet] = dataset.split({ trainSize: 0.66, stratify: "label", seed: 1 });
const model = new ImageClassifier({
  labels: dataset.labels,
  baseModel: "EfficientNetLite0",
  imageSize: 96,
  resizeTo: 109,
  dropout: 0.2,
});
const epochs = Number(process.argv[2] ?? 8);
const residentMiB: number[] = [];
const startedAt = performance.now();
await model.fit(trainSet, {
  schedule: "oneCycle",
  learningRate: 0.05,
  epochs,
  nesterov: true,
  l2: 1e-4,
  transforms: { randomCrop: true },
  verbose: 2,
  progress: "lines",
  onEpoch: () => {
    residentMiB.push(process.memoryUsage.rss() / 2 ** 20);
    console.log(`  resident ${residentMiB.at(-1)!.toFixed(0)} MiB`);
  },
});
const seconds = (performance.now() - startedAt) / 1000;
const evaluation = await ClassificationEvaluation.run(model, testSet);
await model.dispose();

reportBars([
  {
    name: `EfficientNetLite0 96 px, ${epochs} one-cycle epochs`,
    value: evaluation.accuracy,
    atLeast: 0.97,
    seconds,
    note: `balanced ${evaluation.balancedAccuracy.toFixed(3)}`,
  },
  {
    // The first two epochs fill caches and pools; after them nothing may grow.
    name: "resident memory, last epoch against the second",
    value: residentMiB.at(-1)! / residentMiB[1]!,
    atMost: 1.1,
    seconds,
    note: residentMiB.map((value) => value.toFixed(0)).join(" "),
  },
]);
