import assert from "node:assert/strict";
import { cpSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";

import { ImageClassifier, type FitOptions } from "../../src/classifiers/index.js";
import { ClassificationEvaluation } from "../../src/evaluation/index.js";
import { temporaryFolder } from "../support.js";
import { tinyLabels, tinySet, writeTinyImages } from "../training/tiny-images.js";

const folder = await writeTinyImages(10);
const trainSet = tinySet(folder, [0, 1, 2, 3, 4, 5]);
const validationData = tinySet(folder, [6, 7]);
const testSet = tinySet(folder, [8, 9]);

/** A network that trains in seconds: small images, random start. */
function newClassifier(seed = 1): ImageClassifier {
  return new ImageClassifier({
    labels: tinyLabels,
    baseModel: "ResNet18",
    imageSize: 32,
    weights: "none",
    dropout: 0.1,
    seed,
  });
}

const quick: FitOptions = { learningRates: [0.01, 0.01], batchSize: 6, verbose: 0 };

const trained = newClassifier();
const lines: string[] = [];
test.before(async () => {
  await trained.fit(trainSet, {
    learningRates: [...Array<number>(8).fill(0.002), 0.0002, 0.0002],
    batchSize: 6,
    validationData,
    reporter: {
      note: (line) => void lines.push(line),
      batch: () => undefined,
      epoch: ({ epoch }, epochs) => void lines.push(`${epoch}/${epochs}`),
      close: () => void lines.push("closed"),
    },
  });
});

test("fit learns, reports each epoch and keeps the best one", async () => {
  assert.equal(trained.history.length, 10);
  const [engine = "", ...others] = lines;
  assert.match(engine, /^trains on \S+/);
  // Where a better engine does not run, why.
  assert.deepEqual(others.slice(others.indexOf("weights: random start, seed 1 (none needed)")), [
    "weights: random start, seed 1 (none needed)",
    ...Array.from({ length: 10 }, (_, epoch) => `${epoch + 1}/10`),
    "closed",
  ]);
  const evaluation = await ClassificationEvaluation.run(trained, testSet, { batchSize: 4 });
  assert.equal(evaluation.accuracy, 1);
  assert.equal(trained.history[trained.keptEpoch - 1]!.validationAccuracy, 1);
  assert.ok(trained.history[9]!.trainLoss < trained.history[0]!.trainLoss / 2);
});

test("predict names each image's label, and the sentence of one that cannot be read", async () => {
  const red = join(folder, "red", "9.png");
  const broken = join(temporaryFolder(), "broken.png");
  writeFileSync(broken, readFileSync(red).subarray(0, 200));
  const predictions = await trained.predict([broken, red]);
  assert.equal(predictions[0]!.label, undefined);
  assert.equal(predictions[0]!.problem.kind, "truncated");
  assert.ok(predictions[0]!.problem.message.startsWith(`${broken}: `));
  const prediction = predictions[1]!;
  assert.equal(prediction.label, "red");
  assert.equal(prediction.labelIndex, 2);
  assert.deepEqual(Object.keys(prediction.scores), tinyLabels);
  const total = Object.values(prediction.scores).reduce((sum, score) => sum + score, 0);
  assert.ok(Math.abs(total - 1) < 1e-12);
  assert.equal(prediction.score, prediction.scores["red"]);
});

test("a saved model scores the same when it is loaded", async () => {
  const path = join(temporaryFolder(), "bundle");
  await trained.save(path, { metrics: { accuracy: 1 } });
  const loaded = await ImageClassifier.load(path);
  assert.deepEqual(await loaded.predict(testSet), await trained.predict(testSet));
  assert.deepEqual(loaded.history, trained.history);
  assert.deepEqual(loaded.recipe, JSON.parse(JSON.stringify(trained.recipe)));
  assert.deepEqual(loaded.weightsProvenance, trained.weightsProvenance);
  assert.equal(loaded.summary(), trained.summary());
  const symbol = Symbol.for("Jupyter.display");
  assert.deepEqual((loaded as unknown as Record<symbol, () => object>)[symbol]!(), {
    "text/plain": `ImageClassifier\n${trained.summary()}`,
  });
  const { metrics } = JSON.parse(readFileSync(join(path, "model.json"), "utf8")) as {
    metrics: { exportDifference: number; accuracy: number };
  };
  assert.equal(metrics.accuracy, 1);
  assert.ok(metrics.exportDifference <= 1e-4, `logits differ by ${metrics.exportDifference} of the largest`);

  for (const name of ["model.json", "model.onnx", "weights.safetensors"]) {
    const damaged = join(temporaryFolder(), "damaged");
    cpSync(path, damaged, { recursive: true });
    const bytes = readFileSync(join(damaged, name));
    bytes[Math.floor(bytes.length / 2)]! ^= 1;
    writeFileSync(join(damaged, name), bytes);
    await assert.rejects(ImageClassifier.load(damaged), (error: Error) =>
      error.message.startsWith(`${join(damaged, name)}: `),
    );
  }
  await loaded.dispose();
});

test("the same seed gives the same result, another seed another", async () => {
  const losses = async (seed: number): Promise<number[]> => {
    const transforms = { randomCrop: true, flip: 0.5 };
    const { history } = await newClassifier(seed).fit(trainSet, { ...quick, transforms });
    return history.map(({ trainLoss }) => trainLoss);
  };
  const first = await losses(7);
  assert.deepEqual(await losses(7), first);
  assert.notDeepEqual(await losses(8), first);
});

test("only the trainable part learns", async () => {
  for (const [trainable, fixed] of [
    ["head", "layer4.1.conv2.weight"],
    ["layer4", "layer3.1.conv2.weight"],
  ] as const) {
    const model = newClassifier();
    const before = (await model.loadWeights()).weights;
    await model.fit(trainSet, { ...quick, trainable });
    const after = (await model.loadWeights()).weights;
    assert.deepEqual(after.get(fixed), before.get(fixed));
    assert.notDeepEqual(after.get("fc.weight"), before.get("fc.weight"));
    if (trainable === "layer4") {
      assert.notDeepEqual(after.get("layer4.1.conv2.weight"), before.get("layer4.1.conv2.weight"));
    }
  }
});

for (const { name, stop } of [
  {
    name: "an AbortSignal",
    stop: (controller: AbortController) => {
      controller.abort();
    },
  },
  { name: "the user's interrupt", stop: () => void process.kill(process.pid, "SIGINT") },
]) {
  test(`${name} stops fit and keeps what was learned`, async () => {
    const model = newClassifier();
    const controller = new AbortController();
    const listeners = process.listenerCount("SIGINT");
    await assert.rejects(
      model.fit(trainSet, {
        ...quick,
        learningRates: Array<number>(50).fill(0.01),
        signal: controller.signal,
        onEpoch: ({ epoch }) => {
          if (epoch === 2) stop(controller);
        },
      }),
      {
        name: "CancelledError",
        message: /^ImageClassifier\.fit: cancelled after [23] of 50 epochs; the model keeps/u,
      },
    );
    assert.equal(process.listenerCount("SIGINT"), listeners);
    assert.ok(model.history.length >= 2);
    assert.equal((await model.predict(testSet)).length, 6);
    await model.dispose();
  });
}

test("a notebook's stop button does so too, and the next cell waits for what the fit behind it keeps", async (context) => {
  const cell = new AbortController();
  const place = Symbol.for("Jupyter.interruptSignal");
  Object.defineProperty(globalThis, place, { value: cell.signal, configurable: true });
  context.after(() => Reflect.deleteProperty(globalThis, place));
  const model = newClassifier();
  let predictions: Promise<unknown[]> | undefined;
  await assert.rejects(
    model.fit(trainSet, {
      ...quick,
      onEpoch: () => {
        cell.abort();
        predictions ??= model.predict(testSet);
      },
    }),
    { name: "CancelledError" },
  );
  assert.equal((await predictions)?.length, 6);
  assert.equal(model.history.length, 1);
  await model.dispose();
});

test("a fit that the stop button killed in the middle of something is given up, and the model usable", async (context) => {
  const cell = new AbortController();
  const place = Symbol.for("Jupyter.interruptSignal");
  Object.defineProperty(globalThis, place, { value: cell.signal, configurable: true });
  context.after(() => Reflect.deleteProperty(globalThis, place));
  const model = newClassifier();
  // What was terminated never settles, as this promise.
  const dead = new Promise<never>(() => undefined);
  const reached = new Promise<void>((resolve) => {
    const once = { times: 1 };
    context.mock.method(model, "loadWeights", () => (resolve(), dead), once);
  });
  const ends: unknown[] = [];
  const nothing = (): undefined => undefined;
  const reporter = {
    note: nothing,
    batch: nothing,
    epoch: nothing,
    close: nothing,
    end: (end: unknown) => ends.push(end),
  };
  void model.fit(trainSet, { ...quick, reporter });
  await reached;
  cell.abort(Object.assign(new Error("interrupted"), { halted: true }));
  Reflect.deleteProperty(globalThis, place);
  await assert.rejects(model.featurize(testSet), {
    name: "SightbookError",
    message:
      "ImageClassifier.featurize: the fit before was interrupted in the middle of a long computation, and what it had " +
      "learned is lost; the model has the weights from before it. Call this again to go on with those, or fit to train.",
  });
  assert.deepEqual(ends, [
    {
      outcome: "failed",
      message: "Interrupted in the middle of a long computation: what it had learned is lost.",
      keptEpoch: 0,
    },
  ]);
  assert.equal((await model.featurize(testSet)).features.rows, 6);
  await model.fit(trainSet, quick);
  assert.equal(model.history.length, 2);
  await model.dispose();
});

test("a run that was stopped resumes after its last finished epoch", async () => {
  const runDirectory = join(temporaryFolder(), "run");
  const options: FitOptions = { ...quick, learningRates: [0.01, 0.01, 0.001], validationData, runDirectory };
  const controller = new AbortController();
  const stopped = newClassifier();
  await assert.rejects(
    stopped.fit(trainSet, {
      ...options,
      signal: controller.signal,
      onEpoch: () => {
        controller.abort();
      },
    }),
    { name: "CancelledError" },
  );
  const resumed = await newClassifier().fit(trainSet, { ...options, resume: true });
  assert.equal(resumed.history.length, 3);
  assert.deepEqual(resumed.history[0], stopped.history[0]);
  const lines = readFileSync(join(runDirectory, "history.jsonl"), "utf8").trim().split("\n");
  assert.deepEqual(
    lines.map((line) => JSON.parse(line) as unknown),
    resumed.history,
  );
  await assert.rejects(
    newClassifier().fit(trainSet, { ...options, batchSize: 9, resume: true }),
    /^ArgumentError: ImageClassifier\.fit: resume must be the same run again, but batchSize was 6 in .*run, got 9\. Use the same options/u,
  );
});

test("images that cannot be read or have no label are left out and named", async () => {
  const model = newClassifier();
  const missing = join(folder, "red", "missing.png");
  const told: string[] = [];
  const odd = {
    addProblem: ({ path }: { readonly path: string }) => told.push(path),
    labels: tinyLabels,
    images: [
      ...trainSet.images,
      { id: "missing", path: missing, labels: ["red"] },
      { id: "unlabelled", path: join(folder, "red", "7.png"), labels: [] },
    ],
  };
  await model.fit(odd, { ...quick, learningRates: [0.01], batchSize: 5 });
  assert.equal(model.history[0]!.images, 18);
  assert.deepEqual(
    model.problems.map(({ kind, path }) => [kind, path]),
    [
      ["unlabelled", join(folder, "red", "7.png")],
      ["unreadable", missing],
    ],
  );
  assert.deepEqual(told, [join(folder, "red", "7.png"), missing]);
});

test("validationSize holds out a share of each label, TensorBoard's files are written", async () => {
  const tensorboardLogDir = join(temporaryFolder(), "tb");
  const model = newClassifier();
  await model.fit(trainSet, { ...quick, validationSize: 0.34, tensorboardLogDir });
  assert.equal(model.recipe?.trainImages, 12);
  assert.equal(model.recipe.validationImages, 6);
  assert.ok(existsSync(join(tensorboardLogDir, "train")));
  assert.ok(existsSync(join(tensorboardLogDir, "validation")));
});

test("a model that was not trained says so", async () => {
  await assert.rejects(newClassifier().predict([join(folder, "red", "0.png")]), {
    message:
      "ImageClassifier.predict: the model is not trained yet. Call fit first, or load a trained model's bundle.",
  });
});

const refused: readonly { name: string; options: FitOptions; message: RegExp }[] = [
  {
    name: "an unknown stage",
    options: { trainable: "layer9" },
    message:
      /^ImageClassifier\.fit: trainable must be one of "all", "stem", "layer1", .*"head" for ResNet18, got "layer9"\.$/u,
  },
  {
    name: "epochs against rates",
    options: { learningRates: [0.1, 0.1], epochs: 3 },
    message: /^ImageClassifier\.fit: epochs must be 2, the number of learningRates, got 3\. Leave it out/u,
  },
  {
    name: "rates and a schedule",
    options: { learningRates: [0.1], schedule: "oneCycle" },
    message:
      /^ImageClassifier\.fit: schedule must be left out where learningRates are given, got "oneCycle"\.$/u,
  },
  {
    name: "a batch of one",
    options: { batchSize: 1 },
    message: /batchSize must be a whole number from 2, got 1\./u,
  },
  {
    name: "momentum of one",
    options: { momentum: 1 },
    message: /momentum must be a number in \[0, 1\), got 1\./u,
  },
  {
    name: "two sources of validation data",
    options: { validationSize: 0.2, validationData },
    message: /validationSize must be left out where validationData is given, got 0\.2\./u,
  },
  {
    name: "resume from nowhere",
    options: { resume: true },
    message: /resume must be used with runDirectory, got true\./u,
  },
];
for (const { name, options, message } of refused) {
  test(`fit refuses ${name}`, async () => {
    await assert.rejects(newClassifier().fit(trainSet, options), { name: "ArgumentError", message });
  });
}

test("fit refuses an image of a label that the classifier does not have", async () => {
  const strange = { labels: ["mauve"], images: [{ id: 1, path: "mauve.png", labels: ["mauve"] }] };
  await assert.rejects(newClassifier().fit(strange), {
    message:
      'ImageClassifier.fit: trainSet must be labelled with the classifier\'s labels ("blue", "green", "red"), got "mauve for mauve.png". ' +
      "Give the classifier all labels of the dataset, or leave the image out.",
  });
});

const wrongOptions: readonly { name: string; options: object; message: RegExp }[] = [
  {
    name: "one label",
    options: { labels: ["a"] },
    message: /labels must be at least two names, got \[ 'a' \]/u,
  },
  {
    name: "a repeated label",
    options: { labels: ["a", "b", "a"] },
    message: /labels must be names that differ, got "a"/u,
  },
  {
    name: "an unknown base model",
    options: { baseModel: "VGG16" },
    message: /baseModel must be one of ResNet18, .*got "VGG16"/u,
  },
  {
    name: "tiny images",
    options: { imageSize: 31 },
    message: /imageSize must be a whole number of pixels from 32/u,
  },
  { name: "full dropout", options: { dropout: 1 }, message: /dropout must be a rate in \[0, 1\), got 1/u },
  { name: "a small resize", options: { imageSize: 64, resizeTo: 60 }, message: /resizeTo must be .*got 60/u },
];
for (const { name, options, message } of wrongOptions) {
  test(`the constructor refuses ${name}`, () => {
    assert.throws(() => new ImageClassifier({ labels: tinyLabels, ...options }), {
      name: "ArgumentError",
      message,
    });
  });
}

test("an ONNX network is no network to train", async () => {
  const model = new ImageClassifier({ labels: tinyLabels, baseModel: { onnx: "squeezenet.onnx" } });
  for (const call of [() => model.fit(trainSet), () => model.predict(testSet)]) {
    await assert.rejects(
      call,
      /An ONNX network only gives features: train a linear learner on them with new SvmClassifier/u,
    );
  }
});

test.after(() => trained.dispose());
