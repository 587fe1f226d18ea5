// The notebook's recipe on the sample photos: balanced accuracy, mean of five seeds of split and training.
import { join } from "node:path";

import { augmentDataset, augmenters } from "../../src/augmentation/index.js";
import { ImageClassifier, type FitOptions } from "../../src/classifiers/index.js";
import { ClassificationDataset } from "../../src/data/index.js";
import { ClassificationEvaluation } from "../../src/evaluation/index.js";
import { repositoryRoot } from "../support.js";
import { listed, mean, reportBars } from "./support.js";

/** As in `notebooks/01-tableware.ipynb`; another recipe can be tried as JSON in the first argument. */
const notebookRecipe: FitOptions = { trainable: "head", epochs: 10, learningRate: 0.02, batchSize: 8 };
const recipe = (
  process.argv[2] === undefined ? notebookRecipe : JSON.parse(process.argv[2])
) as FitOptions & {
  imageSize?: number;
  dropout?: number;
};
const { imageSize, dropout, ...fitOptions } = recipe;
const dataset = await ClassificationDataset.fromDirectory(
  join(repositoryRoot, "notebooks/sample_data/tableware"),
);
const balanced: number[] = [];
const plain: number[] = [];
let trainingSeconds = 0;
for (const seed of [1, 2, 3, 4, 5]) {
  const [trainOriginal, testSet] = dataset.split({ trainSize: 0.66, stratify: "label", seed });
  const pipeline = new augmenters.Sequential([
    new augmenters.Fliplr(0.5),
    new augmenters.Crop({ percent: [0, 0.1] }),
  ]);
  const trainSet = await augmentDataset(trainOriginal, [pipeline], { seed });
  const model = new ImageClassifier({
    labels: dataset.labels,
    baseModel: "EfficientNetLite0",
    seed,
    ...(imageSize !== undefined && { imageSize }),
    ...(dropout !== undefined && { dropout }),
  });
  const startedAt = performance.now();
  await model.fit(trainSet, { progress: "lines", verbose: seed === 1 ? 2 : 0, ...fitOptions });
  trainingSeconds += (performance.now() - startedAt) / 1000;
  const evaluation = await ClassificationEvaluation.run(model, testSet);
  await model.dispose();
  balanced.push(evaluation.balancedAccuracy);
  plain.push(evaluation.accuracy);
  console.log(
    `seed ${seed}: balanced accuracy ${evaluation.balancedAccuracy.toFixed(3)}, accuracy ${evaluation.accuracy.toFixed(3)}`,
  );
}
reportBars([
  {
    name: "tableware, balanced accuracy, mean of five seeds",
    value: mean(balanced),
    atLeast: 0.9,
    seconds: trainingSeconds / 5,
    note: `${listed(balanced)}; accuracy ${mean(plain).toFixed(3)}; time is one training`,
  },
]);
