import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { decodeResized, resizeImage, type Interpolation } from "../../src/images/index.js";
import { goldenPath } from "../support.js";
import { row } from "./make-images.js";

interface Golden {
  readonly width: number;
  readonly height: number;
  readonly cases: readonly {
    readonly interpolation: Interpolation;
    readonly width: number;
    readonly height: number;
    readonly pixels: readonly number[];
  }[];
}

const { width, height, cases } = JSON.parse(readFileSync(goldenPath("resize.json"), "utf8")) as Golden;
const data = Uint8Array.from(
  { length: width * height * 3 },
  (_, i) => Number((BigInt(i) * 2654435761n) >> 13n) & 255,
);

for (const { interpolation, pixels, ...size } of cases) {
  test(`${interpolation} to ${size.width} x ${size.height} is Pillow's`, () => {
    const resized = resizeImage({ width, height, data }, size.width, size.height, { interpolation });
    assert.deepEqual([resized.width, resized.height], [size.width, size.height]);
    resized.data.forEach((value, i) => {
      assert.ok(Math.abs(value - pixels[i]!) <= 1, `pixel ${i}: ${value} and ${pixels[i]}`);
    });
  });
}

test("growing on the way to the network keeps every pixel in its place", async () => {
  const ramp = row(...[0, 40, 80, 120, 160, 200].map((value) => [value, value, value]));
  const bytes = await ramp.resize({ width: 6, height: 6, fit: "fill", kernel: "nearest" }).png().toBuffer();
  const { data: pixels } = await decodeResized(
    { name: "ramp", bytes },
    { imageSize: [12, 12], resizeTo: 12 },
  );
  const firstRow = Array.from({ length: 12 }, (_, x) => pixels[x * 3]);
  assert.deepEqual(firstRow, [0, 10, 30, 50, 70, 90, 110, 130, 150, 170, 190, 200]);
});

test("shrinking on the way to the network is Pillow's within the precision of libvips", async () => {
  // A ramp has the same answer in any correct antialiasing filter, away from its ends.
  const values = Array.from({ length: 60 }, (_, x) => [4 * x, 4 * x, 4 * x]);
  const bytes = await row(...values)
    .resize({ width: 60, height: 60, fit: "fill", kernel: "nearest" })
    .png()
    .toBuffer();
  for (const interpolation of ["bilinear", "bicubic", "lanczos"] as const) {
    for (const size of [20, 33, 50]) {
      const preprocessing = { imageSize: [size, size], resizeTo: size, interpolation } as const;
      const { data: pixels } = await decodeResized({ name: "ramp", bytes }, preprocessing);
      for (let x = 6; x < size - 6; x++) {
        const expected = 4 * (((x + 0.5) * 60) / size - 0.5);
        assert.ok(
          Math.abs(pixels[x * 3]! - expected) <= 1.5,
          `${interpolation} ${size} at ${x}: ${pixels[x * 3]} and ${expected}`,
        );
      }
    }
  }
});
