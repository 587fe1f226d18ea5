import assert from "node:assert/strict";
import test from "node:test";

import {
  createProgressReporter,
  formatEpoch,
  type BatchProgress,
  type EpochRecord,
} from "../../src/training/index.js";

const record: EpochRecord = {
  epoch: 2,
  learningRate: 0.005,
  trainLoss: 0.41234,
  trainAccuracy: 0.875,
  validationLoss: 0.5,
  validationAccuracy: 0.75,
  imagesPerSecond: 31.04,
  seconds: 12.34,
  images: 41,
};
const line =
  "epoch  2/15  loss 0.4123  training accuracy 0.875  validation loss 0.5000  validation accuracy 0.750  31.0 images/s  12.3 s";

const batch: BatchProgress = {
  epoch: 3,
  epochs: 15,
  step: 1,
  stepsPerEpoch: 2,
  learningRate: 0.005,
  loss: 0.3,
  meanLoss: 0.25,
  accuracy: 0.9,
  imagesPerSecond: 30,
};

/** A stream that keeps what a terminal of it would show. */
function recordingStream(isTTY: boolean): { isTTY: boolean; text: string; write(text: string): void } {
  return {
    isTTY,
    text: "",
    write(text) {
      this.text += text;
    },
  };
}

test("an epoch is one line", () => {
  assert.equal(formatEpoch(record, 15), line);
});

test("validation is left out of the line when there is none", () => {
  const { validationLoss, validationAccuracy, ...bare } = record;
  assert.ok(validationLoss !== undefined && validationAccuracy !== undefined);
  assert.equal(
    formatEpoch(bare, 15),
    "epoch  2/15  loss 0.4123  training accuracy 0.875  31.0 images/s  12.3 s",
  );
});

test("lines: nothing but the epoch's line", () => {
  const stream = recordingStream(true);
  const reporter = createProgressReporter("lines", stream);
  reporter.batch(batch);
  reporter.epoch(record, 15);
  reporter.close();
  assert.equal(stream.text, `${line}\n`);
});

test("auto in a terminal: a bar that gives way to the epoch's line", () => {
  const stream = recordingStream(true);
  const reporter = createProgressReporter("auto", stream);
  reporter.batch(batch);
  const bar = "epoch  3/15  [##########          ] 1/2  loss 0.2500  accuracy 0.900  30.0 images/s";
  assert.equal(stream.text, `\r${bar}`);
  reporter.epoch(record, 15);
  reporter.close();
  assert.equal(stream.text, `\r${bar}\r${" ".repeat(bar.length)}\r${line}\n`);
});

test("auto into a pipe: lines only", () => {
  const stream = recordingStream(false);
  const reporter = createProgressReporter("auto", stream);
  reporter.batch(batch);
  reporter.epoch(record, 15);
  assert.equal(stream.text, `${line}\n`);
});

test("none: nothing", () => {
  const stream = recordingStream(true);
  const reporter = createProgressReporter("none", stream);
  reporter.note("note");
  reporter.batch(batch);
  reporter.epoch(record, 15);
  reporter.close();
  assert.equal(stream.text, "");
});

test("in a notebook: one display, updated", (context) => {
  const calls: unknown[] = [];
  Object.assign(globalThis, {
    jupyter: {},
    display: (bundle: unknown, options: unknown) => {
      calls.push([bundle, options]);
      return Promise.resolve();
    },
  });
  context.after(() => {
    Reflect.deleteProperty(globalThis, "jupyter");
    Reflect.deleteProperty(globalThis, "display");
  });
  const reporter = createProgressReporter("auto");
  reporter.batch(batch);
  reporter.epoch(record, 15);
  reporter.close();
  const ids = new Set(calls.map((call) => (call as [unknown, { id: string }])[1].id));
  assert.equal(ids.size, 1);
  assert.deepEqual(
    calls.map((call) => (call as [unknown, { update: boolean }])[1].update),
    [false, true, true],
  );
  assert.deepEqual((calls.at(-1) as [unknown])[0], { "text/plain": line });
});
