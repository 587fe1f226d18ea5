import assert from "node:assert/strict";
import test from "node:test";

import {
  steps,
  train,
  type BatchProgress,
  type EpochRecord,
  type TrainingBatches,
} from "../../src/training/index.js";
import { colourBatch, LinearSession, listed } from "./linear-session.js";

const colours: TrainingBatches = {
  stepsPerEpoch: 2,
  epoch: () => listed(colourBatch([0, 1, 2]), colourBatch([2, 1, 0])),
};
const validation = { batches: () => listed(colourBatch([0, 1]), colourBatch([2])) };

test("learns, keeps a history and follows the schedule", async () => {
  const session = new LinearSession(3);
  const result = await train(session, colours, { schedule: steps([2, 1]), validation });
  assert.deepEqual(session.learningRates, [2, 2, 1, 1]);
  assert.equal(result.history.length, 2);
  const [first, second] = result.history as [EpochRecord, EpochRecord];
  assert.equal(first.epoch, 1);
  assert.equal(first.images, 6);
  assert.equal(second.learningRate, 1);
  assert.ok(second.trainLoss < first.trainLoss);
  assert.ok(first.trainLoss < Math.log(3));
  assert.equal(second.validationAccuracy, 1);
  assert.equal(result.keptEpoch, 2);
  assert.equal(result.stopped, undefined);
});

test("the first step's loss over equal logits is ln 3", async () => {
  const seen: BatchProgress[] = [];
  await train(new LinearSession(3), colours, {
    schedule: steps([1]),
    onBatch: (batch) => void seen.push(batch),
  });
  assert.ok(Math.abs(seen[0]!.loss - Math.log(3)) < 1e-6);
  assert.deepEqual(
    seen.map(({ step, stepsPerEpoch, epoch, epochs }) => [step, stepsPerEpoch, epoch, epochs]),
    [
      [1, 2, 1, 1],
      [2, 2, 1, 1],
    ],
  );
});

// The second epoch is taught wrong colours, so that validation accuracy falls.
const spoiling: TrainingBatches = {
  stepsPerEpoch: 1,
  epoch: (epoch) =>
    epoch === 1
      ? listed(colourBatch([0, 1, 2]))
      : listed({ ...colourBatch([0, 1, 2]), targets: colourBatch([1, 2, 0]).targets }),
};

test("the best epoch by validation accuracy is restored", async () => {
  const { history, keptEpoch, weights } = await train(new LinearSession(3), spoiling, {
    schedule: steps([1, 50]),
    validation,
  });
  assert.deepEqual(
    history.map((record) => record.validationAccuracy),
    [1, 0],
  );
  assert.equal(keptEpoch, 1);
  const restored = new LinearSession(3);
  await restored.writeWeights(weights);
  const logits = await restored.predict(colourBatch([1]));
  assert.equal(logits.indexOf(Math.max(...logits)), 1);
});

for (const { name, options } of [
  { name: "restoreBest is off", options: { restoreBest: false, validation } },
  { name: "there is no validation data", options: {} },
]) {
  test(`the last epoch is kept when ${name}`, async () => {
    const session = new LinearSession(3);
    const { keptEpoch, weights } = await train(session, spoiling, { schedule: steps([1, 50]), ...options });
    assert.equal(keptEpoch, 2);
    assert.deepEqual(weights, await session.readWeights());
  });
}

test("equal accuracy: the epoch with the lower loss is the best", async () => {
  const { history, keptEpoch } = await train(new LinearSession(3), colours, {
    schedule: steps([1, 1, 1]),
    validation,
  });
  assert.deepEqual(
    history.map((record) => record.validationAccuracy),
    [1, 1, 1],
  );
  assert.equal(keptEpoch, 3);
});

test("cancelling between steps keeps what was learned, without validation data to the last step", async () => {
  const controller = new AbortController();
  const session = new LinearSession(3);
  const result = await train(session, colours, {
    schedule: steps([1, 1, 1]),
    signal: controller.signal,
    onBatch: ({ epoch, step }) => {
      if (epoch === 2 && step === 1) controller.abort();
    },
  });
  assert.equal(result.stopped?.name, "CancelledError");
  assert.equal(
    result.stopped.message,
    "ImageClassifier.fit: cancelled after 1 of 3 epochs; the model keeps what it had learned, and another fit goes on from there.",
  );
  assert.equal(session.learningRates.length, 3);
  assert.equal(result.history.length, 1);
  assert.deepEqual(result.weights, await session.readWeights());
});

test("cancelling with validation data keeps the best finished epoch", async () => {
  const controller = new AbortController();
  let afterFirst: unknown;
  const session = new LinearSession(3);
  const result = await train(session, colours, {
    schedule: steps([1, 1, 1]),
    validation,
    signal: controller.signal,
    onEpoch: async () => {
      afterFirst ??= await session.readWeights();
    },
    onBatch: ({ epoch }) => {
      if (epoch === 2) controller.abort();
    },
  });
  assert.equal(result.keptEpoch, 1);
  assert.deepEqual(result.weights, afterFirst);
});

test("a loss that is no number ends the run with the last good epoch", async () => {
  const result = await train(new LinearSession(3), colours, { schedule: steps([1, 1e39]) });
  assert.match(
    result.stopped?.message ?? "",
    /^ImageClassifier\.fit: the loss became (NaN|Infinity) in step 2 of epoch 2 at learning rate 1e\+39; train again/u,
  );
  assert.equal(result.keptEpoch, 1);
  assert.ok(result.weights.get("weight")!.data.every(Number.isFinite));
});

test("a run goes on after finished epochs as if it had never stopped", async () => {
  const whole = await train(new LinearSession(3), colours, { schedule: steps([1, 0.5, 0.25]) });
  const session = new LinearSession(3);
  const first = await train(session, colours, { schedule: steps([1]) });
  const second = await train(session, colours, {
    schedule: steps([1, 0.5, 0.25]),
    finished: { history: first.history },
  });
  assert.deepEqual(second.weights, whole.weights);
  assert.deepEqual(
    second.history.map((record) => record.epoch),
    [1, 2, 3],
  );
});

test("a batch of one image is not trained on, and a set of one image is refused", async () => {
  const session = new LinearSession(3);
  const batches = { stepsPerEpoch: 2, epoch: () => listed(colourBatch([0, 1]), colourBatch([2])) };
  const { history } = await train(session, batches, { schedule: steps([1]) });
  assert.equal(history[0]!.images, 2);
  await assert.rejects(
    train(session, { stepsPerEpoch: 1, epoch: () => listed(colourBatch([0])) }, { schedule: steps([1]) }),
    { message: "ImageClassifier.fit: trainSet must be at least two images that can be read, got 0." },
  );
});

test("a failure of the batches is the caller's to see", async () => {
  const failing: TrainingBatches = {
    stepsPerEpoch: 2,
    epoch: async function* () {
      yield await Promise.resolve(colourBatch([0, 1]));
      throw new Error("the disk went away");
    },
  };
  await assert.rejects(train(new LinearSession(3), failing, { schedule: steps([1]) }), /the disk went away/u);
});
