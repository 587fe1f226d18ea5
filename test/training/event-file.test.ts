import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";

import { crc32c, maskedCrc32c } from "../../src/training/crc32c.js";
import { EventFileWriter, readScalars, TensorBoardLog, type EpochRecord } from "../../src/training/index.js";
import { temporaryFolder } from "../support.js";

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

test("crc32c gives the published check values", () => {
  assert.equal(crc32c(text("123456789")), 0xe3069283); // the catalogue's check value
  assert.equal(crc32c(new Uint8Array(32)), 0x8a9136aa); // RFC 3720, B.4
  assert.equal(maskedCrc32c(new Uint8Array(0)), 0xa282ead8);
});

test("scalars come back as they were written", () => {
  const writer = new EventFileWriter(temporaryFolder());
  writer.writeScalars(1, { loss: 0.5, accuracy: 0.25 });
  writer.writeScalars(300, { loss: 0.125 });
  const whileOpen = readScalars(writer.path, readFileSync(writer.path));
  writer.close();
  assert.deepEqual(
    whileOpen.map(({ step, tag, value }) => [step, tag, value]),
    [
      [1, "loss", 0.5],
      [1, "accuracy", 0.25],
      [300, "loss", 0.125],
    ],
  );
  assert.ok(Math.abs(whileOpen[0]!.wallTime - Date.now() / 1000) < 3600);
});

test("a record that a crash cut off is left out, a damaged one is refused", () => {
  const writer = new EventFileWriter(temporaryFolder());
  writer.writeScalars(1, { loss: 1 });
  writer.writeScalars(2, { loss: 2 });
  writer.close();
  const bytes = readFileSync(writer.path);
  assert.equal(readScalars("cut", bytes.subarray(0, bytes.length - 3)).length, 1);
  const damaged = Uint8Array.from(bytes);
  damaged[damaged.length - 8]! ^= 1;
  assert.throws(
    () => readScalars("damaged", damaged),
    /^FileError: damaged: the record checksum at byte \d+/u,
  );
});

test("a closed file takes no more", () => {
  const writer = new EventFileWriter(temporaryFolder());
  writer.close();
  assert.throws(() => {
    writer.writeScalars(1, { loss: 1 });
  }, /this event file is closed already/u);
});

const record: EpochRecord = {
  epoch: 1,
  learningRate: 0.25,
  trainLoss: 2,
  trainAccuracy: 0.5,
  validationLoss: 1,
  validationAccuracy: 0.75,
  imagesPerSecond: 64,
  seconds: 2,
  images: 128,
};

/** Writes a small log and returns its folder. */
function writeLog(): string {
  const folder = temporaryFolder();
  const log = new TensorBoardLog(folder);
  const batch = { epoch: 1, epochs: 1, stepsPerEpoch: 2, meanLoss: 0, accuracy: 0, imagesPerSecond: 1 };
  log.batch(0, { ...batch, step: 1, learningRate: 0.5, loss: 3 });
  log.batch(1, { ...batch, step: 2, learningRate: 0.25, loss: 1 });
  log.epoch(record);
  log.close();
  return folder;
}

test("a log has a train and a validation run with Keras' tags", () => {
  const folder = writeLog();
  const scalarsOf = (run: string): string[] => {
    const [file] = readdirSync(join(folder, run));
    const path = join(folder, run, file!);
    return readScalars(path, readFileSync(path)).map(({ step, tag, value }) => `${step} ${tag} ${value}`);
  };
  assert.deepEqual(scalarsOf("train"), [
    "0 batch_loss 3",
    "0 batch_learning_rate 0.5",
    "1 batch_loss 1",
    "1 batch_learning_rate 0.25",
    "1 epoch_loss 2",
    "1 epoch_accuracy 0.5",
    "1 epoch_learning_rate 0.25",
    "1 epoch_images_per_second 64",
  ]);
  assert.deepEqual(scalarsOf("validation"), ["1 epoch_loss 1", "1 epoch_accuracy 0.75"]);
});

const python = process.env["SIGHTBOOK_BENCH_PYTHON"] ?? "python3";
const hasTensorBoard =
  spawnSync(python, ["-c", "import tensorboard.backend.event_processing.event_accumulator"]).status === 0;

const script = `
import json, sys
from tensorboard.backend.event_processing.event_multiplexer import EventMultiplexer
multiplexer = EventMultiplexer().AddRunsFromDirectory(sys.argv[1])
multiplexer.Reload()
print(json.dumps({
    run: {tag: [[event.step, event.value] for event in multiplexer.Scalars(run, tag)] for tag in tags["scalars"]}
    for run, tags in sorted(multiplexer.Runs().items())
}))
`;

test(
  "TensorBoard's own reader loads a log",
  { skip: hasTensorBoard ? false : "no Python with tensorboard (SIGHTBOOK_BENCH_PYTHON names one)" },
  () => {
    const { stdout, stderr } = spawnSync(python, ["-c", script, writeLog()], { encoding: "utf8" });
    const lastLine = stdout.trim().split("\n").at(-1) ?? "";
    assert.notEqual(lastLine, "", stderr);
    assert.deepEqual(JSON.parse(lastLine), {
      train: {
        batch_loss: [
          [0, 3],
          [1, 1],
        ],
        batch_learning_rate: [
          [0, 0.5],
          [1, 0.25],
        ],
        epoch_loss: [[1, 2]],
        epoch_accuracy: [[1, 0.5]],
        epoch_learning_rate: [[1, 0.25]],
        epoch_images_per_second: [[1, 64]],
      },
      validation: { epoch_loss: [[1, 1]], epoch_accuracy: [[1, 0.75]] },
    });
  },
);
