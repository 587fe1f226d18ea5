import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";

import sharp from "sharp";

import { repositoryRoot } from "../support.js";

const sampleData = join(repositoryRoot, "notebooks", "sample_data");
const sets = [
  { folder: "tableware", counts: { bowl: 5, cup: 19, cutlery: 7, plate: 32 } },
  { folder: "tableware-held-back", counts: { bowl: 2, cup: 2, cutlery: 2, plate: 2 } },
];

function imagePaths(folder: string, label: string): string[] {
  return readdirSync(join(sampleData, folder, label))
    .sort()
    .map((name) => join(sampleData, folder, label, name));
}

const allPaths = sets.flatMap(({ folder, counts }) =>
  Object.keys(counts).flatMap((label) => imagePaths(folder, label)),
);

for (const { folder, counts } of sets) {
  test(`${folder} holds the labels and counts its README states, and nothing else`, () => {
    const labels = readdirSync(join(sampleData, folder)).sort();
    assert.deepEqual(
      Object.fromEntries(labels.map((label) => [label, imagePaths(folder, label).length])),
      counts,
    );
  });
}

test("every image decodes whole, in colour, upright or on its side at 640 by 480 pixels", async () => {
  for (const path of allPaths) {
    const { data, info } = await sharp(path, { failOn: "warning" })
      .autoOrient()
      .raw()
      .toBuffer({ resolveWithObject: true });
    const shape = [info.width, info.height].sort((a, b) => b - a);
    assert.deepEqual(shape, [640, 480], path);
    assert.equal(info.channels, 3, path);
    assert.equal(data.length, 640 * 480 * 3, path);
  }
});

test("some images are stored turned, with an EXIF orientation that says so", async () => {
  const orientations = await Promise.all(
    allPaths.map(async (path) => (await sharp(path).metadata()).orientation ?? 1),
  );
  const turned = orientations.filter((orientation) => orientation !== 1);
  assert.ok(turned.length >= 3, `${String(turned.length)} of ${String(orientations.length)}`);
});

test("the images are small enough to live in the repository, and no two are the same", () => {
  const files = allPaths.map((path) => readFileSync(path));
  const bytes = files.reduce((sum, file) => sum + file.length, 0);
  assert.ok(bytes <= 6e6, `${String(bytes)} bytes`);
  const digests = files.map((file) => createHash("sha256").update(file).digest("hex"));
  assert.equal(new Set(digests).size, files.length);
});
