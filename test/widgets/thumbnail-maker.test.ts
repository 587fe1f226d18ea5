import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";

import sharp from "sharp";

import { ClassificationDataset } from "../../src/index.js";
import { ThumbnailMaker } from "../../widgets/host/thumbnails.js";
import { repositoryRoot, temporaryFolder } from "../support.js";

async function sample(): Promise<{ folder: string; dataset: ClassificationDataset; ids: string[] }> {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "cup"));
  for (let i = 1; i <= 9; i++) {
    const name = `cup-0${i}.jpg`;
    copyFileSync(
      join(repositoryRoot, "notebooks", "sample_data", "tableware", "cup", name),
      join(folder, "cup", name),
    );
  }
  const dataset = await ClassificationDataset.fromDirectory(folder);
  return { folder, dataset, ids: dataset.images.map(({ id }) => id) };
}

test("a page that nobody looks at any more is left; the one looked at comes whole", async () => {
  const { dataset, ids } = await sample();
  const maker = new ThumbnailMaker(dataset);
  const question = { size: 96, view: "one" };
  const left = maker.answer({ ...question, ids: ids.slice(0, 6), turn: 0 });
  const wanted = maker.answer({ ...question, ids: ids.slice(6), turn: 1 });
  const other = maker.answer({ ...question, ids: ids.slice(0, 1), turn: 0, view: "two" });
  assert.deepEqual((await left).content, { abandoned: true });
  assert.deepEqual((await left).buffers, []);
  assert.deepEqual((await wanted).content, { abandoned: false });
  for (const bytes of (await wanted).buffers!) {
    const { width, height } = await sharp(bytes).metadata();
    assert.equal(Math.max(width, height), 96);
  }
  assert.deepEqual((await other).content, { abandoned: false }, "another view's page is its own");
});

test("what was made before comes again without its file, and so does what was made ahead", async () => {
  const { folder, dataset, ids } = await sample();
  const maker = new ThumbnailMaker(dataset);
  const [first] = await maker.make(ids.slice(0, 1), 96);
  await maker.prefetch(ids.slice(1, 3), 96, () => true);
  await maker.prefetch(ids.slice(3), 96, () => false);
  rmSync(join(folder, "cup"), { recursive: true });
  const again = await maker.make(ids, 96);
  assert.equal(again[0], first);
  assert.deepEqual(
    again.map((bytes) => bytes.length > 0),
    ids.map((_, i) => i < 3),
  );
  assert.equal(dataset.problems.length, 6, "what could not be read is named");
  assert.equal(dataset.size, 3);
});
