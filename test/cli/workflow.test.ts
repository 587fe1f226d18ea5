import assert from "node:assert/strict";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";

import { developmentData, skipWithout, temporaryFolder } from "../support.js";
import { tinyLabels, writeTinyImages } from "../training/tiny-images.js";
import { runCli } from "./run-cli.js";

const images = await writeTinyImages(9);
const output = temporaryFolder();
const bundle = join(output, "bundle");
const broken = join(images, "red", "broken.png");
writeFileSync(broken, readFileSync(join(images, "red", "0.png")).subarray(0, 300));

interface TrainJson {
  readonly accuracy: number;
  readonly balancedAccuracy: number;
  readonly trainImages: number;
  readonly testImages: number;
  readonly epochs: number;
  readonly seconds: number;
  readonly imagesPerSecond: number;
  readonly engine: string;
  readonly weights: { requested: string; source: string; licence: string };
  readonly bundle: string;
  readonly stopped?: string;
}

const small = ["--weights", "none", "--base-model", "ResNet18", "--image-size", "32", "--batch-size", "6"];

test("describe counts and names what cannot be used", async () => {
  const run = await runCli(["describe", images, "--json"]);
  assert.equal(run.exitCode, 0);
  const { problems, ...counts } = run.json() as {
    problems: { path: string; kind: string; message: string }[];
  };
  assert.deepEqual(counts, { images: 27, labels: { blue: 9, green: 9, red: 9 } });
  assert.equal(problems.length, 1);
  assert.equal(problems[0]!.path, broken);
  assert.equal(problems[0]!.kind, "truncated");
  assert.ok(problems[0]!.message.startsWith(`${broken}: `));
  const text = await runCli(["describe", images]);
  assert.match(text.stdout, /^27 images, 3 labels\n {2}blue {3}9\n/u);
});

test("train writes a bundle and one JSON object, its progress goes to stderr", async () => {
  const run = await runCli([
    "train",
    images,
    "--output",
    bundle,
    ...small,
    "--epochs",
    "2",
    "--learning-rate",
    "0.002,0.001",
    "--seed",
    "3",
    "--json",
  ]);
  assert.equal(run.exitCode, 0, run.stderr);
  const json = run.json() as TrainJson;
  assert.equal(run.stdout.trim().split("\n").length, 1);
  assert.ok(json.accuracy >= 0 && json.accuracy <= 1);
  assert.ok(json.balancedAccuracy >= 0 && json.balancedAccuracy <= 1);
  assert.equal(json.trainImages + json.testImages, 27);
  assert.equal(json.testImages, 10);
  assert.equal(json.epochs, 2);
  assert.ok(json.seconds > 0 && json.imagesPerSecond > 0);
  assert.match(json.engine, /TensorFlow|WebGPU|WASM/iu);
  assert.deepEqual(json.weights, {
    requested: "none",
    source: "random start, seed 3",
    licence: "none needed",
  });
  assert.equal(json.bundle, bundle);
  assert.match(run.stderr, /epoch 1\/2 {2}loss .*\n.*epoch 2\/2/u);
  assert.deepEqual(
    ["model.json", "model.onnx", "weights.safetensors"].map((name) => existsSync(join(bundle, name))),
    [true, true, true],
  );
});

test("evaluate gives accuracies, confusion matrix and the report by label", async () => {
  const run = await runCli(["evaluate", bundle, images, "--json"]);
  assert.equal(run.exitCode, 0, run.stderr);
  const json = run.json() as {
    accuracy: number;
    balancedAccuracy: number;
    labels: string[];
    confusionMatrix: number[][];
    report: { label: string; recall: number; support: number }[];
    problems: { path: string }[];
  };
  assert.deepEqual(json.labels, tinyLabels);
  const right = json.confusionMatrix.reduce((sum, row, label) => sum + row[label]!, 0);
  assert.equal(json.accuracy, right / 27);
  const recalls = json.report.map(({ recall }) => recall);
  assert.ok(Math.abs(json.balancedAccuracy - recalls.reduce((sum, recall) => sum + recall, 0) / 3) < 1e-12);
  assert.deepEqual(
    json.report.map(({ label, support }) => [label, support]),
    tinyLabels.map((label) => [label, 9]),
  );
  assert.deepEqual(
    json.problems.map(({ path }) => path),
    [broken],
  );
});

test("predict scores what can be read and says of the rest why not", async () => {
  const red = join(images, "red", "1.png");
  const run = await runCli(["predict", bundle, broken, red, "--json"]);
  assert.equal(run.exitCode, 0, run.stderr);
  const { predictions } = run.json() as {
    predictions: { path: string; label?: string; scores?: Record<string, number>; problem?: string }[];
  };
  assert.equal(predictions.length, 2);
  assert.ok(predictions[0]!.problem?.startsWith(`${broken}: `));
  assert.equal(predictions[0]!.label, undefined);
  assert.equal(predictions[1]!.path, red);
  assert.deepEqual(Object.keys(predictions[1]!.scores!), tinyLabels);
  const alone = await runCli(["predict", bundle, broken]);
  assert.equal(alone.exitCode, 1);
  assert.ok(alone.stdout.startsWith(`${broken}: `));
});

test("export takes the model out, and the zip it writes is a bundle", async () => {
  const onnx = join(output, "model.onnx");
  const run = await runCli(["export", bundle, onnx, "--json"]);
  assert.equal(run.exitCode, 0, run.stderr);
  const { bytes, sha256, format } = run.json() as { bytes: number; sha256: string; format: string };
  assert.equal(bytes, statSync(onnx).size);
  assert.equal(format, "onnx");
  assert.match(sha256, /^[0-9a-f]{64}$/u);
  const zip = join(output, "bundle.zip");
  assert.equal((await runCli(["export", bundle, zip])).exitCode, 0);
  const predicted = await runCli(["predict", zip, join(images, "blue", "1.png"), "--json"]);
  const original = await runCli(["predict", bundle, join(images, "blue", "1.png"), "--json"]);
  assert.equal(predicted.stdout, original.stdout);
});

test("featurize writes a table, or NumPy's format", async () => {
  const csv = join(output, "features.csv");
  const run = await runCli(["featurize", images, "--output", csv, "--bundle", bundle, "--json"]);
  assert.equal(run.exitCode, 0, run.stderr);
  const { paths, labels, problems, ...facts } = run.json() as {
    paths: string[];
    labels: string[];
    problems: unknown[];
  };
  assert.deepEqual(facts, { images: 27, features: 512, output: csv });
  assert.equal(problems.length, 1);
  const [header, first] = readFileSync(csv, "utf8").split("\n");
  assert.ok(header!.startsWith("path,label,f0,f1,"));
  assert.ok(first!.startsWith(`${paths[0]!},${labels[0]!},`));
  assert.equal(first!.split(",").length, 514);
  const npy = join(output, "features.npy");
  assert.equal((await runCli(["featurize", images, "--output", npy, "--bundle", bundle])).exitCode, 0);
  const bytes = readFileSync(npy);
  assert.equal(bytes.toString("latin1", 0, 6), "\x93NUMPY");
  const dataAt = 10 + bytes.readUInt16LE(8);
  assert.match(
    bytes.toString("latin1", 10, dataAt),
    /'descr': '<f4', 'fortran_order': False, 'shape': \(27, 512\)/u,
  );
  assert.equal(bytes.length, dataAt + 27 * 512 * 4);
  assert.equal(bytes.readFloatLE(dataAt), Math.fround(Number(first!.split(",")[2])));
});

test(
  "train --learner svm on an ONNX network, then evaluate it on a test folder",
  { skip: skipWithout("squeezenet1.1.onnx") },
  async () => {
    const svm = join(output, "svm.zip");
    const onnx = developmentData("squeezenet1.1.onnx")!;
    const args = [
      "--learner",
      "svm",
      "--base-model",
      onnx,
      "--onnx-output",
      "features",
      "--image-size",
      "64",
    ];
    const run = await runCli(["train", images, "--output", svm, ...args, "--test-dir", images, "--json"]);
    assert.equal(run.exitCode, 0, run.stderr);
    const json = run.json() as TrainJson;
    assert.equal(json.accuracy, 1);
    assert.equal(json.trainImages, 27);
    assert.equal(json.testImages, 27);
    assert.equal(json.engine, "onnxruntime");
    assert.equal(json.epochs, 0);
    assert.equal(json.weights.source, onnx);
    const evaluated = await runCli(["evaluate", svm, images, "--json"]);
    assert.equal((evaluated.json() as { accuracy: number }).accuracy, 1);
  },
);

test("a damaged bundle is refused with the file's name", async () => {
  const path = join(bundle, "model.onnx");
  const bytes = readFileSync(path);
  bytes[1000]! ^= 1;
  const damaged = join(temporaryFolder(), "damaged");
  assert.equal((await runCli(["export", bundle, damaged])).exitCode, 0);
  writeFileSync(join(damaged, "model.onnx"), bytes);
  const run = await runCli(["predict", damaged, join(images, "red", "1.png"), "--json"]);
  assert.equal(run.exitCode, 1);
  assert.ok(run.stderr.startsWith(`error: ${join(damaged, "model.onnx")}: its SHA-256 is `), run.stderr);
  assert.equal(run.stdout, "");
});

test("an unknown base model or stage is wrong usage", async () => {
  const unknown = await runCli(["featurize", images, "--output", "x.csv", "--base-model", "VGG16"]);
  assert.equal(unknown.exitCode, 2);
  assert.match(unknown.stderr, /baseModel must be one of ResNet18, .*got "VGG16"/u);
  const run = await runCli(["train", images, "--output", bundle, ...small, "--trainable", "layer9"]);
  assert.equal(run.exitCode, 2);
  assert.match(run.stderr, /trainable must be one of "all", "stem", .* got "layer9"/u);
});

test("Ctrl-C during train keeps what was learned and exits with 130", async () => {
  const stopped = join(output, "stopped");
  let seen = "";
  const run = await runCli(["train", images, "--output", stopped, ...small, "--epochs", "500", "--json"], {
    onStart: (child) => {
      child.stderr!.on("data", (text: string) => {
        seen += text;
        if (/epoch +2\/500/u.test(seen)) child.kill("SIGINT");
      });
    },
  });
  assert.equal(run.exitCode, 130, run.stderr);
  const json = run.json() as TrainJson;
  assert.ok(json.epochs >= 2 && json.epochs < 500);
  assert.match(json.stopped!, /^ImageClassifier\.fit: cancelled after \d+ of 500 epochs/u);
  assert.equal((await runCli(["predict", stopped, join(images, "red", "1.png")])).exitCode, 0);
});

test("train without an engine says which command mends it", async () => {
  const env = { SIGHTBOOK_CACHE: temporaryFolder(), SIGHTBOOK_ENGINE: "tensorflow" };
  const run = await runCli(["train", images, "--output", join(output, "none"), ...small, "--epochs", "1"], {
    env,
  });
  assert.equal(run.exitCode, 1);
  assert.match(run.stderr, /npx sightbook setup/u);
});
