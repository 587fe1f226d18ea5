import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import sharp, { type Sharp } from "sharp";

import { CancelledError } from "../../src/errors.js";
import { ClassificationDataset } from "../../src/data/index.js";
import { fingerprint, fingerprintBits, fingerprintDistance } from "../../src/images/index.js";
import { Random } from "../../src/random.js";
import { temporaryFolder } from "../support.js";

/** A picture of soft blobs, another for each seed: like a photo, its content is in large shapes. */
async function picture(seed: number): Promise<Sharp> {
  const random = new Random(seed);
  const coarse = Buffer.from(Array.from({ length: 8 * 6 * 3 }, () => random.integer(256)));
  const raw = await sharp(coarse, { raw: { width: 8, height: 6, channels: 3 } })
    .resize({ width: 320, height: 240, fit: "fill", kernel: "cubic" })
    .raw()
    .toBuffer();
  return sharp(raw, { raw: { width: 320, height: 240, channels: 3 } });
}

const root = temporaryFolder();
for (const label of ["a", "b"]) mkdirSync(join(root, label));
const at = (id: string): string => join(root, id);
for (let i = 0; i < 12; i++) {
  await (await picture(i)).jpeg({ quality: 92 }).toFile(at(`${i % 2 === 0 ? "a" : "b"}/${i}.jpg`));
}
copyFileSync(at("a/0.jpg"), at("a/copy of 0.jpg"));
copyFileSync(at("a/2.jpg"), at("b/2 under another label.jpg"));
await sharp(at("a/4.jpg")).resize(200).jpeg({ quality: 60 }).toFile(at("a/4 smaller.jpg"));
await sharp(at("a/4.jpg")).png().toFile(at("a/4 as png.png"));
await sharp(at("a/6.jpg"))
  .modulate({ brightness: 1.08 })
  .webp({ quality: 75 })
  .toFile(at("a/6 brighter.webp"));

const dataset = await ClassificationDataset.fromDirectory(root);

test("equal files and other versions of a picture are found, other pictures are not", async () => {
  const progress: number[] = [];
  const { groups } = await dataset.findDuplicates({ onProgress: ({ done }) => progress.push(done) });
  assert.deepEqual(
    groups.map(({ kind, images, labelsDiffer }) => [kind, images.map(({ id }) => id), labelsDiffer]),
    [
      ["exact", ["a/0.jpg", "a/copy of 0.jpg"], false],
      ["exact", ["a/2.jpg", "b/2 under another label.jpg"], true],
      ["near", ["a/4 as png.png", "a/4 smaller.jpg", "a/4.jpg"], false],
      ["near", ["a/6 brighter.webp", "a/6.jpg"], false],
    ],
  );
  assert.deepEqual(
    progress,
    Array.from({ length: dataset.size }, (_, i) => i + 1),
  );
});

test("near: false looks for equal files only", async () => {
  const { groups } = await dataset.findDuplicates({ near: false });
  assert.deepEqual(
    groups.map(({ kind, images }) => [kind, images.length]),
    [
      ["exact", 2],
      ["exact", 2],
    ],
  );
});

test("a split keeps duplicates together when asked to", async () => {
  const { groupOf, groups } = await dataset.findDuplicates();
  for (let seed = 0; seed < 10; seed++) {
    const [train] = dataset.split({ trainSize: 0.6, seed, groupBy: groupOf });
    const inTrain = new Set(train.images.map(({ id }) => id));
    for (const { images } of groups) {
      assert.equal(new Set(images.map(({ id }) => inTrain.has(id))).size, 1);
    }
    assert.ok(Math.abs(train.size - 0.6 * dataset.size) <= 2, String(train.size));
  }
});

test("fingerprints of unrelated pictures differ in more than a quarter of the bits", async () => {
  const marks = await Promise.all(
    dataset.images.filter(({ id }) => /^.\/\d+\.jpg$/.test(id)).map(({ path }) => fingerprint(path)),
  );
  marks.forEach((a, i) => {
    assert.equal(fingerprintDistance(a, a), 0);
    for (const b of marks.slice(0, i)) {
      const distance = fingerprintDistance(a, b);
      assert.equal(distance, fingerprintDistance(b, a));
      assert.ok(distance > fingerprintBits / 4, String(distance));
    }
  });
});

test("what cannot be read is passed over and joins the problems, and wrong options are refused", async () => {
  const lost = temporaryFolder();
  mkdirSync(join(lost, "a"));
  for (let i = 0; i < 3; i++) copyFileSync(at("a/0.jpg"), join(lost, "a", `${i}.jpg`));
  const opened = await ClassificationDataset.fromDirectory(lost);
  writeFileSync(join(lost, "a", "1.jpg"), "gone");
  const { groups } = await opened.findDuplicates();
  assert.deepEqual(
    groups.map(({ images }) => images.map(({ name }) => name)),
    [["0.jpg", "2.jpg"]],
  );
  assert.deepEqual(
    opened.images.map(({ name }) => name),
    ["0.jpg", "2.jpg"],
  );
  assert.match(opened.problems[0]!.message, /1\.jpg: the file is not an image but text/);
  await assert.rejects(opened.findDuplicates({ near: 18 }), {
    message:
      "ClassificationDataset.findDuplicates: near must be 0 to 17 bits, or false, got 18. Use 10 for near duplicates, false for equal files only.",
  });
  await assert.rejects(opened.findDuplicates({ signal: AbortSignal.abort() }), CancelledError);
});
