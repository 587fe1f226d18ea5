import assert from "node:assert/strict";
import test, { type TestContext } from "node:test";

import {
  createProgressReporter,
  formatEpoch,
  openProgressReporter,
  type BatchProgress,
  type EpochRecord,
  type ProgressReporter,
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

/** Stands for a kernel that offers a monitor. */
function offerMonitor(context: TestContext, open: () => Promise<ProgressReporter>): void {
  const place = Symbol.for("sightbook.progress");
  Object.assign(globalThis, { [place]: open });
  context.after(() => Reflect.deleteProperty(globalThis, place));
}

test("in a notebook: the kernel's monitor, unless lines or nothing are asked for", async (context) => {
  const monitor = createProgressReporter("none");
  offerMonitor(context, () => Promise.resolve(monitor));
  assert.equal(await openProgressReporter("auto"), monitor);
  assert.equal(await openProgressReporter("bar"), monitor);
  assert.notEqual(await openProgressReporter("lines"), monitor);
});

test("in a notebook whose monitor cannot open: lines, the first of which says why", async (context) => {
  offerMonitor(context, () => Promise.reject(new Error("no such module")));
  const written = context.mock.method(process.stdout, "write", () => true);
  const reporter = await openProgressReporter("auto");
  reporter.epoch(record, 15);
  written.mock.restore();
  assert.deepEqual(
    written.mock.calls.map(({ arguments: [text] }) => text),
    ["The progress could not be shown as a widget: no such module\n", `${line}\n`],
  );
});

test("features have a bar of their own in a terminal", () => {
  const stream = recordingStream(true);
  const reporter = createProgressReporter("auto", stream);
  reporter.images?.({ done: 12, total: 24 });
  assert.equal(stream.text, "\rfeatures  [##########          ] 12/24 images");
});
