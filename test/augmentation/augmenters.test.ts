import assert from "node:assert/strict";
import test from "node:test";

import { augmenters } from "../../src/augmentation/index.js";
import { resizeImage, type RgbImage } from "../../src/images/index.js";
import { Random } from "../../src/random.js";
import { patternPixels } from "../images/make-images.js";

const { Affine, Crop, Fliplr, Flipud, GaussianBlur, Multiply, OneOf, Sequential, Sometimes } = augmenters;
const { choice, clip, normal, uniform } = augmenters;

/** An image whose three channels are all `rows`. */
function grey(rows: readonly (readonly number[])[]): RgbImage {
  const data = Uint8Array.from(rows.flat().flatMap((value) => [value, value, value]));
  return { width: rows[0]!.length, height: rows.length, data };
}

function rowsOf({ width, height, data }: RgbImage): number[][] {
  return Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (_, x) => data[(y * width + x) * 3]!),
  );
}

const apply = (augmenter: augmenters.Augmenter, rows: readonly (readonly number[])[], seed = 0): number[][] =>
  rowsOf(augmenter.augmentImage(grey(rows), new Random(seed)));

const abc = [
  [1, 2, 3],
  [4, 5, 6],
];

test("Fliplr and Flipud mirror, and twice is nothing", () => {
  assert.deepEqual(apply(new Fliplr(), abc), [
    [3, 2, 1],
    [6, 5, 4],
  ]);
  assert.deepEqual(apply(new Flipud(), abc), [
    [4, 5, 6],
    [1, 2, 3],
  ]);
  for (const flip of [new Fliplr(1), new Flipud(1)]) {
    const image: RgbImage = { width: 7, height: 5, data: new Uint8Array(patternPixels(7, 5)) };
    const twice = new Sequential([flip, flip]).augmentImage(image);
    assert.deepEqual(twice.data, image.data);
  }
});

test("Crop takes off what is said, side by side", () => {
  const square = Array.from({ length: 5 }, (_, y) => Array.from({ length: 5 }, (_, x) => 10 * y + x));
  assert.deepEqual(apply(new Crop({ px: [1, 0, 2, 3], keepSize: false }), square), [
    [13, 14],
    [23, 24],
  ]);
  assert.deepEqual(apply(new Crop({ percent: [0.2, 0.4, 0.6, 0], keepSize: false }), square), [[10, 11, 12]]);
  assert.deepEqual(apply(new Crop({ px: 9, keepSize: false }), square), [[22]], "one pixel always stays");
  const shared = new Crop({ px: [0, 2], keepSize: false, sampleIndependently: false });
  for (let seed = 0; seed < 20; seed++) {
    const rows = apply(shared, square, seed);
    assert.equal(rows.length, rows[0]!.length, "one draw for all sides");
    assert.equal(rows[0]![0]! % 11, 0);
  }
  const widths = new Set<number>();
  for (let seed = 0; seed < 60; seed++) {
    widths.add(apply(new Crop({ px: [[0, 2], 0, 0, 0], keepSize: false }), square, seed).length);
  }
  assert.deepEqual([...widths].sort(), [3, 4, 5], "whole numbers, both ends included");
});

test("Crop with keepSize enlarges the rest", () => {
  assert.deepEqual(apply(new Crop({ px: [0, 0, 0, 2] }), [[9, 9, 0, 100]]), [
    [0, 13, 88, 100].map((_, i) => [0, 25, 75, 100][i]!),
  ]);
});

test("resizing interpolates between centres and averages when reducing", () => {
  assert.deepEqual(rowsOf(resizeImage(grey([[0, 100]]), 4, 1)), [[0, 25, 75, 100]]);
  assert.deepEqual(rowsOf(resizeImage(grey([[0, 0, 100, 100]]), 2, 1)), [[14, 86]]); // weights 3, 3, 1 of 7 and mirrored
  assert.deepEqual(rowsOf(resizeImage(grey([[7], [7], [7]]), 5, 2)), [Array(5).fill(7), Array(5).fill(7)]);
});

test("Multiply multiplies, rounds and clips", () => {
  assert.deepEqual(apply(new Multiply({ mul: 1.5 }), [[0, 1, 100, 200]]), [[0, 2, 150, 255]]);
  const image = { width: 1, height: 1, data: Uint8Array.of(100, 100, 100) };
  const together = new Multiply({ mul: [0.5, 2] }).augmentImage(image, new Random(1)).data;
  assert.ok(together[0] === together[1] && together[1] === together[2]);
  const apart = new Multiply({ mul: [0.5, 2], perChannel: true }).augmentImage(image, new Random(1)).data;
  assert.ok(apart[0] !== apart[1] && apart[1] !== apart[2]);
});

test("GaussianBlur is the direct convolution", () => {
  const image: RgbImage = { width: 13, height: 11, data: new Uint8Array(patternPixels(13, 11)) };
  const sigma = 1.3;
  const blurred = new GaussianBlur({ sigma }).augmentImage(image, new Random(0));
  const mirror = (i: number, size: number): number => {
    let place = i;
    while (place < 0 || place >= size) place = place < 0 ? -place : 2 * size - 2 - place;
    return place;
  };
  const radius = Math.ceil(4 * sigma);
  for (let y = 0; y < 11; y++) {
    for (let x = 0; x < 13; x++) {
      for (let channel = 0; channel < 3; channel++) {
        let [sum, weights] = [0, 0];
        for (let j = -radius; j <= radius; j++) {
          for (let i = -radius; i <= radius; i++) {
            const weight = Math.exp(-(i * i + j * j) / (2 * sigma * sigma));
            sum += weight * image.data[(mirror(y + j, 11) * 13 + mirror(x + i, 13)) * 3 + channel]!;
            weights += weight;
          }
        }
        const got = blurred.data[(y * 13 + x) * 3 + channel]!;
        assert.ok(Math.abs(got - sum / weights) <= 0.5001, `${x}, ${y}: ${got} and ${sum / weights}`);
      }
    }
  }
});

test("Affine turns clockwise, shifts right and down, enlarges about the centre", () => {
  const square = [
    [1, 2, 3],
    [4, 5, 6],
    [7, 8, 9],
  ];
  for (const order of [0, 1, 3] as const) {
    assert.deepEqual(apply(new Affine({ rotate: 90, order }), square), [
      [7, 4, 1],
      [8, 5, 2],
      [9, 6, 3],
    ]);
    assert.deepEqual(apply(new Affine({ translatePx: { x: 1 }, cval: 99, order }), square), [
      [99, 1, 2],
      [99, 4, 5],
      [99, 7, 8],
    ]);
    assert.deepEqual(apply(new Affine({ translatePercent: { y: 1 / 3 }, order }), square), [
      [0, 0, 0],
      [1, 2, 3],
      [4, 5, 6],
    ]);
  }
  assert.deepEqual(apply(new Affine({ scale: 2, order: 1 }), [[0, 100, 200]])[0], [50, 100, 150]);
  assert.deepEqual(apply(new Affine({ shear: 45, order: 0 }), square), [
    [2, 3, 0],
    [4, 5, 6],
    [0, 7, 8],
  ]);
});

test("Affine fills from outside by the mode's rule", () => {
  const line = [[1, 2, 3, 4]];
  const shifted = (mode: augmenters.BorderMode): number[] =>
    apply(new Affine({ translatePx: { x: 3 }, mode, cval: 7, order: 0 }), line)[0]!;
  assert.deepEqual(shifted("constant"), [7, 7, 7, 1]);
  assert.deepEqual(shifted("edge"), [1, 1, 1, 1]);
  assert.deepEqual(shifted("reflect"), [4, 3, 2, 1]);
  assert.deepEqual(shifted("symmetric"), [3, 2, 1, 1]);
  assert.deepEqual(shifted("wrap"), [2, 3, 4, 1]);
});

test("bilinear sampling is the direct formula at a fractional place", () => {
  const half = apply(new Affine({ translatePercent: { x: 0.125 }, mode: "edge" }), [[0, 40, 80, 200]])[0];
  assert.deepEqual(half, [0, 20, 60, 140]);
});

test("Sometimes takes its branches by probability, OneOf each alike", () => {
  const dark = new Multiply({ mul: 0 });
  const bright = new Multiply({ mul: 2 });
  const counts = { dark: 0, bright: 0, first: 0 };
  for (let seed = 0; seed < 1000; seed++) {
    if (apply(new Sometimes(0.3, dark, bright), [[50]], seed)[0]![0] === 0) counts.dark++;
    if (apply(new Sometimes(0.3, dark), [[50]], seed)[0]![0] === 50) counts.bright++;
    if (apply(new OneOf([dark, bright]), [[50]], seed)[0]![0] === 0) counts.first++;
  }
  assert.ok(Math.abs(counts.dark - 300) < 75, JSON.stringify(counts)); // five standard deviations
  assert.ok(Math.abs(counts.bright - 700) < 75);
  assert.ok(Math.abs(counts.first - 500) < 80);
});

test("Sequential keeps the order unless told otherwise", () => {
  const steps = [new Crop({ px: [0, 0, 0, 1], keepSize: false }), new Fliplr(1)];
  assert.deepEqual(apply(new Sequential(steps), abc), [
    [3, 2],
    [6, 5],
  ]);
  const seen = new Set<string>();
  for (let seed = 0; seed < 20; seed++) {
    seen.add(JSON.stringify(apply(new Sequential(steps, { randomOrder: true }), abc, seed)));
  }
  assert.deepEqual([...seen].sort(), ["[[2,1],[5,4]]", "[[3,2],[6,5]]"]);
});

test("parameters: a number, a range, a choice, distributions", () => {
  const values = (mul: augmenters.NumberParameter): number[] =>
    Array.from({ length: 400 }, (_, seed) => apply(new Multiply({ mul }), [[100]], seed)[0]![0]!);
  assert.deepEqual(new Set(values(0.5)), new Set([50]));
  assert.deepEqual(new Set(values(choice(0.1, 0.2, 0.4))), new Set([10, 20, 40]));
  assert.deepEqual(new Set(values(choice(1, clip(normal(50, 1), 0, 2)))), new Set([100, 200]));
  for (const range of [[0.5, 1.5], uniform(0.5, 1.5)] as const) {
    const drawn = values(range);
    assert.ok(Math.min(...drawn) >= 50 && Math.max(...drawn) <= 150);
    assert.ok(Math.min(...drawn) < 55 && Math.max(...drawn) > 145);
  }
  const drawn = values(clip(normal(1, 0.2), 0, 2.5));
  const mean = drawn.reduce((sum, value) => sum + value, 0) / 400;
  assert.ok(Math.abs(mean - 100) < 5, String(mean)); // five standard errors
});

const mistakes: readonly { readonly make: () => unknown; readonly message: string }[] = [
  {
    make: () => new Multiply({ mul: [1, 2, 3] as never }),
    message:
      "Multiply: mul must be a factor of 0 or more, got [ 1, 2, 3 ]. Write [a, b] for a range, and choice(a, b, c) for one of several values.",
  },
  {
    make: () => new Multiply({ mul: [2, 1] }),
    message:
      "Multiply: mul must be a factor of 0 or more, got [ 2, 1 ]. A range goes from the smaller to the larger number.",
  },
  { make: () => new Fliplr(1.5), message: "Fliplr: p must be a probability in [0, 1], got 1.5." },
  { make: () => new Fliplr(choice(0.5, 2)), message: "Fliplr: p must be a probability in [0, 1], got 2." },
  {
    make: () => new Multiply({ mul: normal(1, 0.1) }),
    message:
      "Multiply: mul must be a factor of 0 or more, got { normal: [ 1, 0.1 ] }. Keep a normal distribution in bounds with clip(normal(mean, sd), minimum, maximum).",
  },
  {
    make: () => new GaussianBlur({ sigma: "1" as never }),
    message:
      'GaussianBlur: sigma must be pixels in [0, 100], got "1". Give a number, a range [a, b], or choice(a, b, ...), uniform, normal or clip.',
  },
  {
    make: () => new Crop({}),
    message:
      "Crop: px and percent must be given one and not the other, got { px: undefined, percent: undefined }.",
  },
  {
    make: () => new Crop({ percent: 1 }),
    message: "Crop: percent must be a share of the side in [0, 1), got 1.",
  },
  {
    make: () => new Affine({ mode: "mirror" as never }),
    message:
      'Affine: mode must be one of "constant", "edge", "reflect", "symmetric", "wrap", or a choice of them, got "mirror".',
  },
  {
    make: () => new Affine({ order: 2 as never }),
    message: "Affine: order must be 0 (nearest), 1 (bilinear) or 3 (bicubic), got 2.",
  },
  {
    make: () => new Affine({ scale: { x: 0 } }),
    message: "Affine: scale.x must be a factor above 0, got 0.",
  },
  {
    make: () => new Sequential([Fliplr as never]),
    message:
      "Sequential: augmenters must be a list of augmenters, got [class Fliplr extends Augmenter]. Make one as in new augmenters.Fliplr(0.5), and put several into [ ].",
  },
  { make: () => new OneOf([]), message: "OneOf: augmenters must be one augmenter or more, got []." },
  { make: () => new Fliplr(0.5, { seed: 0.5 }), message: "Fliplr: seed must be a whole number, got 0.5." },
];

for (const { make, message } of mistakes) {
  test(`refused: ${message.slice(0, 60)}`, () => {
    assert.throws(make, { name: "ArgumentError", message });
  });
}
