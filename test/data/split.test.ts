import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { ArgumentError } from "../../src/errors.js";
import { chooseTrain, type SplitItem, type SplitOptions } from "../../src/data/split.js";
import { goldenPath } from "../support.js";

function itemsOf(counts: readonly number[]): SplitItem[] {
  return counts.flatMap((count, labelIndex) => Array.from({ length: count }, () => ({ labelIndex })));
}

function labelNames(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `label ${i}`);
}

function trainCounts(counts: readonly number[], options: SplitOptions): number[] {
  const items = itemsOf(counts);
  const train = counts.map(() => 0);
  chooseTrain(items, labelNames(counts.length), options).forEach((isTrain, i) => {
    if (isTrain) train[items[i]!.labelIndex]!++;
  });
  return train;
}

test("0.66 of the sample's 63 images are 41 and 22, each label in proportion", () => {
  assert.deepEqual(trainCounts([5, 19, 7, 32], { trainSize: 0.66, seed: 1 }), [3, 12, 5, 21]);
});

interface Golden {
  readonly cases: readonly {
    readonly counts: readonly number[];
    readonly trainSize: number;
    readonly train?: readonly number[];
    readonly size?: number;
    readonly tied?: readonly number[];
    readonly error?: string;
  }[];
}

test("counts per label are scikit-learn's, and what it refuses is refused", () => {
  const { cases } = JSON.parse(readFileSync(goldenPath("stratified-counts.json"), "utf8")) as Golden;
  assert.ok(cases.length >= 100);
  for (const { counts, trainSize, train, size, tied = [], error } of cases) {
    for (const seed of [0, 1, 2]) {
      if (train === undefined) {
        assert.throws(() => trainCounts(counts, { trainSize, seed }), ArgumentError, error);
        continue;
      }
      const ours = trainCounts(counts, { trainSize, seed });
      const message = `${counts.join()} at ${trainSize}: ${ours.join()}`;
      assert.equal(
        ours.reduce((sum, count) => sum + count, 0),
        size,
        message,
      );
      ours.forEach((count, label) => {
        // Of tied remainders the draw decides, there as here, and by one image only.
        assert.ok(Math.abs(count - train[label]!) <= (tied.includes(label) ? 1 : 0), message);
      });
    }
  }
});

test("the same seed gives the same split, another seed another one", () => {
  const items = itemsOf([20, 30]);
  const split = (seed: number, stratify: "label" | false = "label"): string =>
    chooseTrain(items, ["a", "b"], { trainSize: 0.5, seed, stratify }).map(Number).join("");
  for (const stratify of ["label", false] as const) {
    assert.equal(split(3, stratify), split(3, stratify));
    assert.notEqual(split(3, stratify), split(4, stratify));
  }
});

test("without stratifying the size is met and labels fall as they may", () => {
  const seen = new Set<number>();
  for (let seed = 0; seed < 20; seed++) {
    const [a, b] = trainCounts([1, 99], { trainSize: 0.305, stratify: false, seed });
    assert.equal(a! + b!, 30);
    seen.add(a!);
  }
  assert.deepEqual([...seen].sort(), [0, 1]);
});

test("labels without images ask for nothing", () => {
  assert.deepEqual(trainCounts([4, 0, 6], { trainSize: 0.5 }), [2, 0, 3]);
});

test("every image is about as often in the training set as trainSize says", () => {
  const items = itemsOf([10, 30]);
  const times = items.map(() => 0);
  for (let seed = 0; seed < 1000; seed++) {
    chooseTrain(items, ["a", "b"], { trainSize: 0.6, seed }).forEach((isTrain, i) => {
      if (isTrain) times[i]!++;
    });
  }
  for (const count of times) assert.ok(count > 510 && count < 690, String(count)); // 600 and six standard deviations
});

test("groups stay together, and sizes and proportions are met nearly", () => {
  const items: SplitItem[] = [];
  for (let group = 0; group < 60; group++) {
    const labelIndex = group % 3 === 0 ? 0 : 1;
    for (let i = 0; i < 1 + (group % 4); i++) items.push({ labelIndex, group: `object ${group}` });
  }
  const isTrain = chooseTrain(items, ["a", "b"], { trainSize: 0.7, seed: 5 });
  const sides = new Map<string, Set<boolean>>();
  items.forEach(({ group }, i) => {
    sides.set(group!, (sides.get(group!) ?? new Set()).add(isTrain[i]!));
  });
  for (const side of sides.values()) assert.equal(side.size, 1);
  for (const labelIndex of [0, 1]) {
    const members = items.flatMap((item, i) => (item.labelIndex === labelIndex ? [isTrain[i]!] : []));
    const share = members.filter(Boolean).length / members.length;
    assert.ok(Math.abs(share - 0.7) < 0.04, String(share));
  }
});

test("two groups give one to each side", () => {
  const items = ["x", "x", "x", "x", "y"].map((group) => ({ labelIndex: 0, group }));
  for (const trainSize of [0.25, 0.5, 0.9]) {
    const isTrain = chooseTrain(items, ["a"], { trainSize });
    assert.notEqual(isTrain[0], isTrain[4]);
  }
});

const refusals: readonly { counts: readonly number[]; options: SplitOptions; message: string }[] = [
  {
    counts: [5, 5],
    options: { trainSize: 1.5 },
    message:
      "ClassificationDataset.split: trainSize must be a number in (0, 1), got 1.5. Use 0.66 to train on two thirds.",
  },
  {
    counts: [5, 5],
    options: { trainSize: 0 },
    message:
      "ClassificationDataset.split: trainSize must be a number in (0, 1), got 0. Use 0.66 to train on two thirds.",
  },
  {
    counts: [1, 5],
    options: { trainSize: 0.5 },
    message:
      'ClassificationDataset.split: stratify must be false where a label has fewer than 2 images, got "label". "label 0" has 1: add images of it, take the label out, or give stratify: false.',
  },
  {
    counts: [3, 3, 3],
    options: { trainSize: 0.2 },
    message:
      "ClassificationDataset.split: trainSize must be at least 0.34, so that the train set has an image for each of the 3 labels, got 0.2. It would have 1: add images, or give stratify: false.",
  },
  {
    counts: [3, 3, 3],
    options: { trainSize: 0.9 },
    message:
      "ClassificationDataset.split: trainSize must be smaller, so that the test set has an image for each of the 3 labels, got 0.9. It would have 1: add images, or give stratify: false.",
  },
  {
    counts: [9],
    options: { trainSize: 0.1, stratify: false },
    message:
      "ClassificationDataset.split: trainSize must be at least 0.12 to train on one image of 9, got 0.1.",
  },
];

for (const { counts, options, message } of refusals) {
  test(`refused: ${counts.join("/")} with ${JSON.stringify(options)}`, () => {
    assert.throws(() => trainCounts(counts, options), { name: "ArgumentError", message });
  });
}

test("one group only is refused", () => {
  const items = [0, 1, 0, 1].map((labelIndex) => ({ labelIndex, group: "burst" }));
  assert.throws(() => chooseTrain(items, ["a", "b"], {}), {
    message:
      "ClassificationDataset.split: groupBy must be a function that gives two different groups or more, got [ 'burst' ]. All images are of one group, which cannot be on both sides.",
  });
});
