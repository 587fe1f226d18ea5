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
    "Random",
    "SightbookError",
    "SvmClassifier",
    "augmentDataset",
    "augmenters",
    "baseModelNames",
    "baseModels",
    "buildNetwork",
    "defaultLearningRates",
    "describeOnnx",
    "initializeWeights",
    "loadClassifier",
    "loadPretrainedWeights",
    "oneCycle",
    "openEngine",
    "openFeaturizer",
    "openInference",
    "openOnnxBackbone",
    "parameterCount",
    "plots",
    "readOnnx",
    "readWeightsFile",
    "stagesOf",
    "steps",
    "summary",
    "validateNetwork",
    "wilsonInterval",
    "writeOnnx",
    "writeSafetensors",
  ]);
});
