import assert from "node:assert/strict";
import { utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";

import { CancelledError } from "../../src/errors.js";
import { decode, PixelLoader, type BatchOptions, type ImageProblem } from "../../src/images/index.js";
import { resizedCropRectangle } from "../../src/images/transforms.js";
import { Random } from "../../src/random.js";
import { temporaryFolder } from "../support.js";
import { pattern } from "./make-images.js";

const folder = temporaryFolder();
const preprocessing = { imageSize: [16, 20], resizeTo: 24 } as const;
const paths: string[] = [];
for (let i = 0; i < 13; i++) {
  const path = join(folder, `${i}.jpg`);
  writeFileSync(
    path,
    await pattern(40 + i, 60 - 2 * i, i)
      .jpeg()
      .toBuffer(),
  );
  paths.push(path);
}

const training = { randomResizedCrop: { scale: [0.3, 1], ratio: [3 / 4, 4 / 3] }, flip: 0.5 } as const;

async function read(
  loader: PixelLoader,
  options: Partial<BatchOptions> = {},
): Promise<{ indices: number[]; pixels: Buffer; sizes: number[] }> {
  const indices: number[] = [];
  const pixels: Buffer[] = [];
  const sizes: number[] = [];
  for await (const batch of loader.batches(paths, { batchSize: 4, preprocessing, ...options })) {
    assert.equal(batch.pixels.length, batch.size * batch.height * batch.width * 3);
    assert.ok(batch.pixels.buffer instanceof SharedArrayBuffer);
    indices.push(...batch.indices);
    sizes.push(batch.size);
    pixels.push(Buffer.from(batch.pixels));
  }
  return { indices, sizes, pixels: Buffer.concat(pixels) };
}

test("without training transforms every image is what decode gives", async () => {
  const { indices, pixels, sizes } = await read(new PixelLoader());
  assert.deepEqual(sizes, [4, 4, 4, 1]);
  assert.deepEqual(indices, [...paths.keys()]);
  const expected = await Promise.all(paths.map((path) => decode(path, preprocessing)));
  assert.ok(pixels.equals(Buffer.concat(expected)));
});

test("what comes out depends on the seed, not on concurrency, prefetch or cache", async () => {
  const order = [3, 1, 4, 1, 5, 9, 2, 6];
  const options = (): Partial<BatchOptions> => ({ order, training, random: new Random(7) });
  const first = await read(new PixelLoader({ concurrency: 1, cacheBytes: 0 }), { ...options(), prefetch: 0 });
  assert.deepEqual(first.indices, order);
  const warm = new PixelLoader({ concurrency: 7 });
  const second = await read(warm, { ...options(), prefetch: 5 });
  assert.equal(warm.cached.images, 7);
  const third = await read(warm, options());
  assert.ok(first.pixels.equals(second.pixels));
  assert.ok(first.pixels.equals(third.pixels));

  const otherSeed = await read(warm, { ...options(), random: new Random(8) });
  assert.ok(!first.pixels.equals(otherSeed.pixels));
  const random = new Random(7);
  const epochs = [await read(warm, { ...options(), random }), await read(warm, { ...options(), random })];
  assert.ok(!epochs[0]!.pixels.equals(epochs[1]!.pixels), "each epoch draws anew");
  const image = 16 * 20 * 3;
  assert.ok(
    !first.pixels.subarray(image, 2 * image).equals(first.pixels.subarray(3 * image, 4 * image)),
    "an image that comes twice is drawn twice",
  );
});

test("flip with probability 1 mirrors, 0 does not, and 0.5 does about half", async () => {
  const loader = new PixelLoader();
  const plain = await read(loader, { order: [0], training: { flip: 0 } });
  const mirrored = await read(loader, { order: [0], training: { flip: 1 } });
  assert.ok(plain.pixels.equals(Buffer.from(await decode(paths[0]!, preprocessing))));
  for (let y = 0; y < 16; y++) {
    for (let x = 0; x < 20; x++) {
      const pixel = (buffer: Buffer, column: number): number[] => [
        ...buffer.subarray((y * 20 + column) * 3, (y * 20 + column) * 3 + 3),
      ];
      assert.deepEqual(pixel(mirrored.pixels, 19 - x), pixel(plain.pixels, x));
    }
  }
  const many = await read(loader, { order: Array<number>(400).fill(0), training: { flip: 0.5 } });
  let flips = 0;
  for (let i = 0; i < 400; i++) {
    if (many.pixels.subarray(i * 960, (i + 1) * 960).equals(mirrored.pixels)) flips++;
  }
  assert.ok(flips > 150 && flips < 250, `${flips} of 400`); // five standard deviations
});

test("a random crop is a piece of the resized image", async () => {
  const loader = new PixelLoader();
  const { pixels } = await read(loader, {
    order: Array<number>(30).fill(0),
    training: { randomCrop: true },
    preprocessing: { imageSize: [16, 16], resizeTo: 24 },
  });
  const whole = await read(loader, { order: [0], preprocessing: { imageSize: [24, 24], resizeTo: 24 } });
  assert.equal(whole.sizes[0], 1);
  const places = new Set<string>();
  for (let i = 0; i < 30; i++) places.add(pixels.subarray(i * 768, (i + 1) * 768).toString("base64"));
  assert.ok(places.size > 20, `${places.size} different crops`);
});

test("random resized crops keep to the ranges and the image", () => {
  const random = new Random(1);
  const image = { width: 300, height: 200 };
  let smallest = 1;
  let largest = 0;
  for (let i = 0; i < 2000; i++) {
    const { left, top, width, height } = resizedCropRectangle(
      image,
      { scale: [0.1, 0.8], ratio: [0.5, 2] },
      random,
    );
    assert.ok(left >= 0 && top >= 0 && left + width <= 300 && top + height <= 200);
    const share = (width * height) / 60_000;
    assert.ok(share > 0.097 && share < 0.803, String(share));
    const ratio = width / height;
    assert.ok(ratio > 0.48 && ratio < 2.05, String(ratio));
    smallest = Math.min(smallest, share);
    largest = Math.max(largest, share);
  }
  assert.ok(smallest < 0.11 && largest > 0.75);
  // A strip one pixel high fits no draw: the largest centred rectangle of the nearest ratio.
  const strip = { scale: [1, 1], ratio: [3 / 4, 4 / 3] } as const;
  assert.deepEqual(resizedCropRectangle({ width: 100, height: 3 }, strip, random), {
    left: 48,
    top: 0,
    width: 4,
    height: 3,
  });
});

test("a bad image is left out of its batch and named once; an empty batch is left out whole", async () => {
  const bad = [join(folder, "bad-1.jpg"), join(folder, "bad-2.png")];
  writeFileSync(bad[0]!, (await pattern(50, 50).jpeg().toBuffer()).subarray(0, 500));
  writeFileSync(bad[1]!, "");
  const all = [paths[0]!, bad[0]!, paths[1]!, bad[1]!, bad[0]!, paths[2]!];
  const problems: ImageProblem[] = [];
  const seen: (readonly number[])[] = [];
  const pixels: Buffer[] = [];
  const loader = new PixelLoader();
  for await (const batch of loader.batches(all, {
    batchSize: 3,
    order: [0, 1, 2, 3, 4, 1, 5],
    preprocessing,
    onProblem: (problem) => problems.push(problem),
  })) {
    seen.push(batch.indices);
    pixels.push(Buffer.from(batch.pixels));
  }
  assert.deepEqual(seen, [[0, 2], [5]]);
  const expected = await Promise.all(paths.slice(0, 3).map((path) => decode(path, preprocessing)));
  assert.ok(Buffer.concat(pixels).equals(Buffer.concat(expected)));
  assert.deepEqual(
    problems.map(({ path, kind }) => ({ path, kind })),
    [
      { path: bad[0], kind: "truncated" },
      { path: bad[1], kind: "empty" },
    ],
  );
  assert.equal(
    problems[0]!.message,
    `${bad[0]}: the JPEG image is cut off before its end. Copy it again from its source, or delete it.`,
  );
});

test("the cache keeps to its limit, and a changed file is read again", async () => {
  const bytesOfOne = 24 * 24 * 3;
  const path = join(folder, "changing.png");
  const one = { order: [0], preprocessing: { imageSize: [24, 24], resizeTo: 24 } } as const;
  writeFileSync(path, await pattern(24, 24, 1).png().toBuffer());
  const loader = new PixelLoader({ cacheBytes: 10 * bytesOfOne });
  const pixels = async (): Promise<Buffer> => {
    for await (const batch of loader.batches([path], { batchSize: 1, ...one }))
      return Buffer.from(batch.pixels);
    throw new Error("no batch");
  };
  const before = await pixels();
  assert.deepEqual(loader.cached, { images: 1, bytes: bytesOfOne });
  writeFileSync(path, await pattern(24, 24, 2).png().toBuffer());
  utimesSync(path, 1, 1);
  assert.ok(!before.equals(await pixels()));

  await read(loader, one);
  await read(loader, { preprocessing: { imageSize: [24, 24], resizeTo: 24 } });
  assert.ok(loader.cached.bytes > 5 * bytesOfOne && loader.cached.bytes <= 10 * bytesOfOne);
  loader.clearCache();
  assert.deepEqual(loader.cached, { images: 0, bytes: 0 });
});

test("reading stops when cancelled, before and in the middle, and when its user stops", async () => {
  const controller = new AbortController();
  const loader = new PixelLoader();
  const order = Array.from({ length: 5000 }, (_, i) => i % paths.length);
  let batches = 0;
  const reading = async (): Promise<void> => {
    const options = { batchSize: 4, preprocessing, order, signal: controller.signal };
    for await (const batch of loader.batches(paths, options)) {
      assert.ok(batch.size > 0);
      if (++batches === 3) controller.abort();
    }
  };
  await assert.rejects(reading(), new CancelledError("Reading images was cancelled."));
  assert.equal(batches, 3);
  await assert.rejects(reading(), CancelledError);
  assert.equal(batches, 3);

  for await (const batch of loader.batches(paths, { batchSize: 1, preprocessing, order })) {
    assert.deepEqual(batch.indices, [0]);
    break;
  }
});

test("no more batches are made ahead than asked for", async () => {
  const loader = new PixelLoader({ cacheBytes: 2 ** 30, concurrency: 4 });
  const one = { imageSize: [8, 8], resizeTo: 8 } as const;
  const reading = loader.batches(paths, { batchSize: 2, preprocessing: one, prefetch: 1 });
  await reading.next();
  // Time for anything that runs ahead to do so: as long as decoding all of them takes.
  await Promise.all(paths.map((path) => decode(path, one)));
  assert.ok(loader.cached.images <= 4, String(loader.cached.images));
  await reading.return();
});

test("options out of range are refused", async () => {
  const loader = new PixelLoader();
  const refused = async (options: Partial<BatchOptions>, message: string): Promise<void> => {
    await assert.rejects(read(loader, options), {
      name: "ArgumentError",
      message: `PixelLoader.batches: ${message}`,
    });
  };
  await refused({ batchSize: 0 }, "batchSize must be a whole number from 1, got 0.");
  await refused({ prefetch: -1 }, "prefetch must be a whole number from 0, got -1.");
  await refused({ order: [0, 13] }, "order must be indices from 0 to 12, got 13.");
  await refused({ training: { flip: 2 } }, "flip must be a probability in [0, 1], got 2.");
  await refused(
    { training: { randomResizedCrop: { scale: [0, 1], ratio: [1, 1] } } },
    "randomResizedCrop.scale must be a range in (0, 1], such as [0.08, 1], got [ 0, 1 ].",
  );
  assert.throws(() => new PixelLoader({ concurrency: 0 }), {
    message: "PixelLoader: concurrency must be a whole number from 1, got 0.",
  });
});
