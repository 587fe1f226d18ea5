import assert from "node:assert/strict";
import test from "node:test";

import * as sightbook from "sightbook";

test("the public surface", () => {
  assert.deepEqual(Object.keys(sightbook).sort(), [
    "ArgumentError",
    "CancelledError",
    "ClassificationDataset",
    "ClassificationEvaluation",
    "EnvironmentError",
    "FileError",
    "ImageClassifier",
    "LinearSVC",
    "LogisticRegression",
    "SightbookError",
    "SvmClassifier",
    "augmentDataset",
    "augmenters",
    "baseModelNames",
    "baseModels",
    "buildNetwork",
    "defaultLearningRates",
    "initializeWeights",
    "loadClassifier",
    "loadPretrainedWeights",
    "oneCycle",
    "openEngine",
    "openInference",
    "openOnnxBackbone",
    "parameterCount",
    "plots",
    "stagesOf",
    "steps",
    "writeOnnx",
  ]);
});
