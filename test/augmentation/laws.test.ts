import assert from "node:assert/strict";
import test from "node:test";

import { augmenters } from "../../src/augmentation/index.js";
import type { RgbImage } from "../../src/images/index.js";
import { Random } from "../../src/random.js";
import { patternPixels } from "../images/make-images.js";

const { Affine, Crop, Fliplr, Flipud, GaussianBlur, Multiply, OneOf, Sequential, Sometimes, choice, normal } =
  augmenters;

/** One row per augmenter: a strong setting, and where there is one the setting that changes nothing. */
const table: readonly {
  readonly name: string;
  readonly strong: (options?: { seed: number }) => augmenters.Augmenter;
  readonly identity: () => augmenters.Augmenter;
  /** Width and height may change. */
  readonly resizes?: boolean;
}[] = [
  { name: "Fliplr", strong: (options) => new Fliplr(0.5, options), identity: () => new Fliplr(0) },
  { name: "Flipud", strong: (options) => new Flipud(0.5, options), identity: () => new Flipud(0) },
  {
    name: "Crop by percent",
    strong: (options) => new Crop({ percent: [0, 0.3], ...options }),
    identity: () => new Crop({ percent: 0 }),
  },
  {
    name: "Crop by px without keepSize",
    strong: (options) => new Crop({ px: [0, 6], keepSize: false, ...options }),
    identity: () => new Crop({ px: 0, keepSize: false }),
    resizes: true,
  },
  {
    name: "Affine, bilinear",
    strong: (options) =>
      new Affine({
        scale: { x: [0.8, 1.2], y: [0.8, 1.2] },
        translatePercent: [-0.2, 0.2],
        rotate: normal(0, 20),
        shear: [-10, 10],
        cval: [0, 255],
        mode: choice("constant", "edge", "reflect", "symmetric", "wrap"),
        ...options,
      }),
    identity: () => new Affine({}),
  },
  {
    name: "Affine, nearest",
    strong: (options) => new Affine({ rotate: [-90, 90], order: 0, ...options }),
    identity: () => new Affine({ rotate: 0, order: 0 }),
  },
  {
    name: "Affine, bicubic",
    strong: (options) =>
      new Affine({ translatePx: { x: [-5, 5], y: [-5, 5] }, scale: [0.9, 1.5], order: 3, ...options }),
    identity: () => new Affine({ translatePx: 0, order: 3 }),
  },
  {
    name: "Multiply",
    strong: (options) => new Multiply({ mul: [0.3, 2], perChannel: 0.5, ...options }),
    identity: () => new Multiply({ mul: 1 }),
  },
  {
    name: "GaussianBlur",
    strong: (options) => new GaussianBlur({ sigma: [0.5, 4], ...options }),
    identity: () => new GaussianBlur({ sigma: 0 }),
  },
  {
    name: "Sequential",
    strong: (options) =>
      new Sequential([new Multiply({ mul: [0.5, 1.5] }), new Crop({ percent: [0, 0.2] }), new Fliplr(0.5)], {
        randomOrder: true,
        ...options,
      }),
    identity: () => new Sequential([]),
  },
  {
    name: "Sometimes",
    strong: (options) =>
      new Sometimes(0.5, new Multiply({ mul: [0.2, 0.8] }), [new Multiply({ mul: [1.1, 2] })], options),
    identity: () => new Sometimes(0, new Flipud(1)),
  },
  {
    name: "OneOf",
    strong: (options) =>
      new OneOf([new Multiply({ mul: [0.2, 0.8] }), new GaussianBlur({ sigma: [1, 3] })], options),
    identity: () => new OneOf([new Fliplr(0), new Multiply({ mul: 1 })]),
  },
];

const sizes: readonly (readonly [number, number])[] = [
  [1, 1],
  [1, 7],
  [9, 1],
  [2, 2],
  [31, 17],
  [40, 24],
];

function image(width: number, height: number): RgbImage {
  return { width, height, data: new Uint8Array(patternPixels(width, height)) };
}

function same(a: RgbImage, b: RgbImage): boolean {
  return a.width === b.width && a.height === b.height && Buffer.from(a.data).equals(b.data);
}

for (const { name, strong, identity, resizes = false } of table) {
  test(`${name}: the same seed gives the same pixels, other seeds others`, () => {
    const original = image(31, 17);
    const results = Array.from({ length: 20 }, (_, seed) =>
      strong().augmentImage(original, new Random(seed)),
    );
    for (const [seed, result] of results.entries()) {
      assert.ok(same(result, strong().augmentImage(original, new Random(seed))), `seed ${seed}`);
    }
    assert.ok(results.some((result) => !same(result, results[0]!)));
    assert.ok(results.some((result) => !same(result, original)));
  });

  test(`${name}: a seed of its own decides, with and without a source from outside`, () => {
    const original = image(31, 17);
    const run = (seed: number, random?: Random): Buffer => {
      const augmenter = strong({ seed });
      const results = Array.from({ length: 8 }, () => augmenter.augmentImage(original, random));
      return Buffer.concat(results.map(({ data }) => data));
    };
    assert.ok(run(1).equals(run(1)));
    assert.ok(!run(1).equals(run(2)));
    assert.ok(run(1, new Random(5)).equals(run(1, new Random(5))));
    assert.ok(!run(1, new Random(5)).equals(run(2, new Random(5))));
    assert.ok(!run(1, new Random(5)).equals(run(1, new Random(6))));
  });

  test(`${name}: the neutral setting changes nothing`, () => {
    for (const [width, height] of sizes) {
      const original = image(width, height);
      assert.ok(same(identity().augmentImage(original, new Random(3)), original), `${width} x ${height}`);
    }
  });

  test(`${name}: every size works, shape is kept, the input is left alone`, () => {
    for (const [width, height] of sizes) {
      for (let seed = 0; seed < 10; seed++) {
        const original = image(width, height);
        const result = strong().augmentImage(original, new Random(seed));
        assert.ok(same(original, image(width, height)), "input untouched");
        assert.equal(result.data.length, result.width * result.height * 3);
        assert.ok(result.width >= 1 && result.height >= 1);
        const asBuffer = { width, height, data: patternPixels(width, height) };
        assert.ok(same(strong().augmentImage(asBuffer, new Random(seed)), result), "a Buffer does as well");
        assert.ok(same(asBuffer, original), "and is left alone");
        if (!resizes) assert.deepEqual([result.width, result.height], [width, height]);
      }
    }
  });

  test(`${name}: a flat image keeps to values between its own and what is brought in`, () => {
    const flat: RgbImage = { width: 12, height: 9, data: new Uint8Array(12 * 9 * 3).fill(255) };
    const black: RgbImage = { width: 12, height: 9, data: new Uint8Array(12 * 9 * 3) };
    for (let seed = 0; seed < 10; seed++) {
      // A value that left 0 to 255 would wrap around in a byte: white would show as dark, black as bright.
      if (name === "GaussianBlur" || name.startsWith("Crop") || name.startsWith("Flip")) {
        assert.ok(
          strong()
            .augmentImage(flat, new Random(seed))
            .data.every((value) => value === 255),
        );
      }
      if (!name.startsWith("Affine")) {
        assert.ok(
          strong()
            .augmentImage(black, new Random(seed))
            .data.every((value) => value === 0),
        );
      }
    }
  });

  test(`${name}: it can be written as JSON and made of it again`, () => {
    const augmenter = strong({ seed: 4 });
    const recipe = JSON.parse(JSON.stringify(augmenter)) as Record<string, unknown>;
    assert.deepEqual(recipe, JSON.parse(JSON.stringify(strong({ seed: 4 }))));
    assert.equal(recipe["kind"], augmenter.kind);
    assert.equal(recipe["seed"], 4);
    assert.notDeepEqual(recipe, JSON.parse(JSON.stringify(identity())));
    const again = augmenters.fromRecipe(JSON.parse(JSON.stringify(augmenter)) as augmenters.AugmenterRecipe);
    assert.equal(JSON.stringify(again), JSON.stringify(augmenter));
    assert.equal(again.constructor, augmenter.constructor);
    for (let seed = 0; seed < 5; seed++) {
      const [first, second] = [augmenter, again].map((each) =>
        each.augmentImage(image(31, 17), new Random(seed)),
      );
      assert.ok(same(first!, second!));
    }
  });
}

test("every augmenter has its row", () => {
  const kinds = Object.entries(augmenters)
    .filter(([name, value]) => /^[A-Z]/.test(name) && name !== "Augmenter" && typeof value === "function")
    .map(([name]) => name);
  assert.deepEqual(
    kinds.filter((kind) => !table.some(({ strong }) => strong().kind === kind)),
    [],
  );
});
