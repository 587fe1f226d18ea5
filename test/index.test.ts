import assert from "node:assert/strict";
import test from "node:test";

import * as sightbook from "sightbook";
import * as kernel from "sightbook/kernel";
import * as widgets from "sightbook/widgets";

test("the public surface", () => {
  assert.deepEqual(Object.keys(sightbook).sort(), [
    "ArgumentError",
    "BatchSummary",
    "CancelledError",
    "ClassificationDataset",
    "ClassificationEvaluation",
    "Deployment",
    "DriftReport",
    "EnvironmentError",
    "FileError",
    "ImageClassifier",
    "LinearSVC",
    "LoadTestReport",
    "LogisticRegression",
    "Random",
    "ScoreRecorder",
    "SightbookError",
    "SvmClassifier",
    "augmentDataset",
    "augmenters",
    "baseModelNames",
    "baseModels",
    "batch",
    "buildNetwork",
    "compareRecords",
    "connectControl",
    "containers",
    "defaultLearningRates",
    "describeOnnx",
    "diagnose",
    "formatEngineReport",
    "initializeWeights",
    "keyDigest",
    "kubernetesJob",
    "loadClassifier",
    "loadPretrainedWeights",
    "loadTest",
    "localProcesses",
    "newKey",
    "oneCycle",
    "openEngine",
    "openFeaturizer",
    "openInference",
    "openOnnxBackbone",
    "parameterCount",
    "plots",
    "readOnnx",
    "readRecords",
    "readWeightsFile",
    "recordsOf",
    "setupEngine",
    "stagesOf",
    "startScoringServer",
    "steps",
    "summary",
    "validateNetwork",
    "wilsonInterval",
    "writeOnnx",
    "writeSafetensors",
  ]);
});

test("the public surface of the widgets", () => {
  assert.deepEqual(Object.keys(widgets).sort(), [
    "AnnotationUI",
    "DatasetOverview",
    "LoadTestMonitor",
    "PrecisionRecallUI",
    "ResultsUI",
    "TrainingMonitor",
    "installLabextension",
    "installedLabextension",
    "removeLabextension",
  ]);
});

test("the public surface of the kernel", () => {
  assert.deepEqual(Object.keys(kernel).sort(), [
    "KERNEL_NAME",
    "Widget",
    "clearOutput",
    "display",
    "insideKernel",
    "installKernelspec",
    "jupyter",
    "jupyterDataFolder",
    "listKernelspecs",
    "prompt",
    "removeKernelspec",
  ]);
});
