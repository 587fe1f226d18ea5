import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";

import { augmentDataset, augmenters } from "../../src/augmentation/index.js";
import { ClassificationDataset } from "../../src/data/index.js";
import { CancelledError } from "../../src/errors.js";
import { decodeImage, type RgbImage } from "../../src/images/index.js";
import { pattern } from "../images/make-images.js";
import { temporaryFolder } from "../support.js";

const { Crop, Fliplr, Multiply, Sequential } = augmenters;
const flip = new Fliplr(1);
const random = new Sequential([
  new Fliplr(0.5),
  new Crop({ percent: [0, 0.1] }),
  new Multiply({ mul: [0.8, 1.2] }),
]);

async function sample(): Promise<{ root: string; dataset: ClassificationDataset }> {
  const root = temporaryFolder();
  for (const [i, label] of ["bowl", "größe: 漢"].entries()) {
    mkdirSync(join(root, label));
    for (let j = 0; j < 3; j++) {
      writeFileSync(
        join(root, label, `${j}.jpg`),
        await pattern(30, 20, 10 * i + j)
          .jpeg()
          .toBuffer(),
      );
    }
    writeFileSync(join(root, label, "lossless.png"), await pattern(20, 30, i).png().toBuffer());
  }
  return { root, dataset: await ClassificationDataset.fromDirectory(root) };
}

function tree(folder: string): Map<string, string> {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
  return new Map(
    files
      .filter((file) => statSync(join(folder, file)).isFile())
      .map((file) => [file, readFileSync(join(folder, file), "base64")]),
  );
}

test("N pipelines make N + 1 times the images, labels kept, originals known and untouched", async () => {
  const { root, dataset } = await sample();
  const before = tree(root);
  const outputDirectory = temporaryFolder();
  const augmented = await augmentDataset(dataset, [flip, random], { outputDirectory });
  assert.equal(augmented.size, 3 * dataset.size);
  assert.deepEqual(tree(root), before);
  assert.deepEqual(augmented.labels, dataset.labels);
  assert.deepEqual(augmented.problems, []);
  assert.deepEqual(augmented.images.slice(0, 8), dataset.images);
  const byId = new Map(dataset.images.map((image) => [image.id, image]));
  for (const [i, copy] of augmented.images.slice(8).entries()) {
    const original = byId.get(copy.augmentedFrom!)!;
    assert.equal(original, dataset.images[i % 8]);
    assert.equal(copy.id, `${original.id}#${i < 8 ? 1 : 2}`);
    assert.deepEqual(copy.labels, original.labels);
    assert.deepEqual(
      [copy.width, copy.height, copy.format],
      [original.width, original.height, original.format],
    );
    assert.ok(copy.path.startsWith(outputDirectory));
  }
  const lossless = augmented.images.find(({ id }) => id === "bowl/lossless.png#1")!;
  const expected = flip.augmentImage(await decodeImage(join(root, "bowl", "lossless.png")));
  assert.deepEqual(new Uint8Array((await decodeImage(lossless.path)).data), expected.data);
});

test("the same seed gives the same files, another seed others; a second run makes nothing again", async () => {
  const { dataset } = await sample();
  const folders = [temporaryFolder(), temporaryFolder(), temporaryFolder()];
  const [first, second, third] = folders as [string, string, string];
  await augmentDataset(dataset, [random, random], { outputDirectory: first, seed: 1 });
  await augmentDataset(dataset, [random, random], { outputDirectory: second, seed: 1 });
  await augmentDataset(dataset, [random, random], { outputDirectory: third, seed: 2 });
  assert.deepEqual(tree(first), tree(second));
  assert.equal(tree(first).size, 16);
  assert.equal(new Set([...tree(first).values(), ...tree(third).values()]).size, 32, "no two copies alike");

  const someFile = [...tree(first).keys()][3]!;
  const times = new Map([...tree(first).keys()].map((file) => [file, statSync(join(first, file)).mtimeMs]));
  rmSync(join(first, someFile));
  const [train] = dataset.split({ trainSize: 0.8 });
  const progress: number[] = [];
  await augmentDataset(train, [random, random], {
    outputDirectory: first,
    seed: 1,
    onProgress: ({ done }) => progress.push(done),
  });
  await augmentDataset(dataset, [random, random], { outputDirectory: first, seed: 1 });
  assert.deepEqual(tree(first), tree(second), "what was missing is there again, made alike");
  for (const [file, time] of times) {
    if (file !== someFile) assert.equal(statSync(join(first, file)).mtimeMs, time, "kept");
  }
  assert.deepEqual(
    progress,
    Array.from({ length: train.size }, (_, i) => 2 * (i + 1)),
  );
});

test("by default copies go to the user's cache", async () => {
  const { dataset } = await sample();
  const cache = temporaryFolder();
  const before = process.env["SIGHTBOOK_CACHE"];
  process.env["SIGHTBOOK_CACHE"] = cache;
  try {
    const augmented = await augmentDataset(dataset.subset([0]), [flip]);
    assert.ok(augmented.images[1]!.path.startsWith(join(cache, "augmented", "bowl", "0-1-")));
  } finally {
    if (before === undefined) delete process.env["SIGHTBOOK_CACHE"];
    else process.env["SIGHTBOOK_CACHE"] = before;
  }
});

test("an image that fails is named and left out with its copies", async () => {
  const { root, dataset } = await sample();
  const path = join(root, "bowl", "1.jpg");
  writeFileSync(path, readFileSync(path).subarray(0, 400));
  const augmented = await augmentDataset(dataset, [flip], { outputDirectory: temporaryFolder() });
  assert.equal(augmented.size, 14);
  assert.deepEqual(
    dataset.problems.map(({ path: at, kind }) => [at, kind]),
    [[path, "truncated"]],
  );
  assert.equal(dataset.size, 7);
});

test("cancelling keeps what was made, and the next run goes on", async () => {
  const { dataset } = await sample();
  const controller = new AbortController();
  const outputDirectory = temporaryFolder();
  const work = augmentDataset(dataset, [random], {
    outputDirectory,
    signal: controller.signal,
    onProgress: ({ done }) => {
      if (done === 2) controller.abort();
    },
  });
  await assert.rejects(
    work,
    new CancelledError("Augmenting the dataset was cancelled; finished copies stay."),
  );
  const made = tree(outputDirectory);
  assert.ok(made.size >= 2 && made.size < 8, String(made.size));
  await augmentDataset(dataset, [random], { outputDirectory });
  const whole = tree(outputDirectory);
  assert.equal(whole.size, 8);
  for (const [file, content] of made) assert.equal(whole.get(file), content);
});

test("no pipeline leaves the dataset as it is", async () => {
  const { dataset } = await sample();
  const augmented = await augmentDataset(dataset, []);
  assert.deepEqual(augmented.images, dataset.images);
  await assert.rejects(augmentDataset(dataset, new Fliplr(1) as never), {
    message: /^augmentDataset: pipelines must be a list of augmenters, got Fliplr/,
  });
});

test("an augmenter of the user's own works as well, where it was defined", async () => {
  class Invert extends augmenters.Augmenter {
    readonly kind = "Invert";

    protected parameters(): Readonly<Record<string, unknown>> {
      return {};
    }

    protected apply(image: RgbImage): RgbImage {
      return { ...image, data: image.data.map((value) => 255 - value) };
    }
  }
  const { root, dataset } = await sample();
  const augmented = await augmentDataset(dataset, [new Sequential([new Invert()])], {
    outputDirectory: temporaryFolder(),
  });
  const copy = augmented.images.find(({ id }) => id === "bowl/lossless.png#1")!;
  const original = await decodeImage(join(root, "bowl", "lossless.png"));
  assert.deepEqual(
    (await decodeImage(copy.path)).data,
    original.data.map((value) => 255 - value),
  );
});

test("the calling thread stays free meanwhile", async () => {
  const root = temporaryFolder();
  mkdirSync(join(root, "a"));
  writeFileSync(join(root, "a", "large.jpg"), await pattern(1200, 900).jpeg().toBuffer());
  const dataset = await ClassificationDataset.fromDirectory(root);
  const slow = new Sequential([
    new augmenters.GaussianBlur({ sigma: 4 }),
    new augmenters.GaussianBlur({ sigma: 4 }),
  ]);
  const start = performance.now();
  let [last, longestGap] = [start, 0];
  const timer = setInterval(() => {
    const now = performance.now();
    longestGap = Math.max(longestGap, now - last);
    last = now;
  }, 2);
  await augmentDataset(dataset, [slow], { outputDirectory: temporaryFolder() });
  clearInterval(timer);
  const whole = performance.now() - start;
  longestGap = Math.max(longestGap, performance.now() - last);
  // On this thread the two blurs would be one gap of nearly the whole time.
  assert.ok(longestGap < whole / 2, `${longestGap} of ${whole} ms`);
});

test("a recipe of an unknown kind is refused", () => {
  assert.throws(() => augmenters.fromRecipe({ kind: "Invert" }), {
    message:
      'augmenters.fromRecipe: kind must be one of Affine, Crop, Fliplr, Flipud, GaussianBlur, Multiply, OneOf, Sequential, Sometimes, got "Invert".',
  });
});
