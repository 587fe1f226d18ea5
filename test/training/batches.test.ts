import assert from "node:assert/strict";
import test from "node:test";

import type { LabelledBatch } from "../../src/engine/index.js";

import { PixelLoader } from "../../src/images/index.js";
import {
  trainingBatches,
  validationBatches,
  type Examples,
  type Sampling,
} from "../../src/training/index.js";
import { tinySet, writeTinyImages } from "./tiny-images.js";

const folder = await writeTinyImages(6);
const preprocessing = { imageSize: [32, 32], resizeTo: 32 } as const;

/** Six blue images, three green and one red. */
const paths = [
  ...tinySet(folder, [0, 1, 2, 3, 4, 5]).images.slice(0, 6),
  ...tinySet(folder, [0, 1, 2]).images.slice(3, 6),
  ...tinySet(folder, [0]).images.slice(2),
].map(({ path }) => path);
const examples: Examples = { paths, labelIndices: [0, 0, 0, 0, 0, 0, 1, 1, 1, 2], labels: 3 };

async function labelsOf(batches: AsyncIterable<LabelledBatch>): Promise<number[][]> {
  const labels: number[][] = [];
  for await (const { targets, size } of batches) {
    labels.push(Array.from({ length: size }, (_, row) => targets.subarray(row * 3, row * 3 + 3).indexOf(1)));
  }
  return labels;
}

function counts(labels: readonly (readonly number[])[]): number[] {
  const all = labels.flat();
  return [0, 1, 2].map((label) => all.filter((each) => each === label).length);
}

function batchesOf(seed: number, sampling?: Sampling): ReturnType<typeof trainingBatches> {
  return trainingBatches(new PixelLoader(), examples, { batchSize: 4, preprocessing, seed, sampling });
}

test("an epoch shows every image once, in an order of its own", async () => {
  const batches = batchesOf(1);
  assert.equal(batches.stepsPerEpoch, 3);
  const first = await labelsOf(batches.epoch(1));
  assert.deepEqual(
    first.map((batch) => batch.length),
    [4, 4, 2],
  );
  assert.deepEqual(counts(first), [6, 3, 1]);
  assert.notDeepEqual(await labelsOf(batches.epoch(2)), first);
  assert.deepEqual(await labelsOf(batchesOf(1).epoch(1)), first);
  assert.notDeepEqual(await labelsOf(batchesOf(2).epoch(1)), first);
});

test("a balanced epoch shows as many images, of each label the same number", async () => {
  const shown = counts(await labelsOf(batchesOf(1, "balanced").epoch(1)));
  assert.deepEqual([...shown].sort(), [3, 3, 4]);
});

test("a last batch of one image is no step", () => {
  const steps = (images: number, batchSize: number): number => {
    const some: Examples = { paths: Array<string>(images).fill("x"), labelIndices: [], labels: 3 };
    return trainingBatches(new PixelLoader(), some, { batchSize, preprocessing, seed: 1 }).stepsPerEpoch;
  };
  assert.deepEqual([steps(9, 4), steps(8, 4), steps(10, 4), steps(2, 4), steps(1, 4)], [2, 2, 3, 1, 1]);
});

test("validation batches keep the order", async () => {
  const batches = validationBatches(new PixelLoader(), examples, { batchSize: 4, preprocessing });
  assert.deepEqual(await labelsOf(batches.batches()), [
    [0, 0, 0, 0],
    [0, 0, 1, 1],
    [1, 2],
  ]);
});
