import type { RgbImage } from "../images/index.js";

/**
 * What lies outside of an image, with numpy's and imgaug's names; `|` marks the edge of `abcd`:
 *
 * - `"constant"`: one value, `kkkk|abcd|kkkk`
 * - `"edge"`: the edge pixel, `aaaa|abcd|dddd`
 * - `"reflect"`: mirrored, the edge pixel once, `dcb|abcd|cba`
 * - `"symmetric"`: mirrored, the edge pixel twice, `dcba|abcd|dcba`
 * - `"wrap"`: from the other side, `abcd|abcd|abcd`
 */
export type BorderMode = "constant" | "edge" | "reflect" | "symmetric" | "wrap";

export const borderModes: readonly BorderMode[] = ["constant", "edge", "reflect", "symmetric", "wrap"];

/** The place inside `[0, size)` whose pixel stands at `index`; -1 for the constant. */
export function borderIndex(index: number, size: number, mode: BorderMode): number {
  if (index >= 0 && index < size) return index;
  switch (mode) {
    case "constant":
      return -1;
    case "edge":
      return index < 0 ? 0 : size - 1;
    case "wrap":
      return modulo(index, size);
    case "symmetric": {
      const place = modulo(index, 2 * size);
      return place < size ? place : 2 * size - 1 - place;
    }
    case "reflect": {
      if (size === 1) return 0;
      const place = modulo(index, 2 * size - 2);
      return place < size ? place : 2 * size - 2 - place;
    }
  }
}

function modulo(value: number, divisor: number): number {
  return ((value % divisor) + divisor) % divisor;
}

/**
 * Resizes with linear weights over the area that an output pixel covers (a triangle filter), as Pillow's `BILINEAR`:
 * enlarging interpolates, reducing averages. Pixel centres lie at halves.
 */
export function resizeImage(image: RgbImage, width: number, height: number): RgbImage {
  if (width === image.width && height === image.height) return image;
  const across = resizeWeights(image.width, width);
  const down = resizeWeights(image.height, height);
  const rows = new Float32Array(image.height * width * 3);
  for (let y = 0; y < image.height; y++) {
    for (let x = 0; x < width; x++) {
      const { first, weights } = across[x]!;
      let [red, green, blue] = [0, 0, 0];
      let from = (y * image.width + first) * 3;
      for (const weight of weights) {
        red += weight * image.data[from]!;
        green += weight * image.data[from + 1]!;
        blue += weight * image.data[from + 2]!;
        from += 3;
      }
      const at = (y * width + x) * 3;
      rows[at] = red;
      rows[at + 1] = green;
      rows[at + 2] = blue;
    }
  }
  const data = new Uint8Array(width * height * 3);
  const sums = new Float32Array(width * 3);
  for (let y = 0; y < height; y++) {
    const { first, weights } = down[y]!;
    sums.fill(0);
    weights.forEach((weight, i) => {
      const from = (first + i) * width * 3;
      for (let x = 0; x < sums.length; x++) sums[x]! += weight * rows[from + x]!;
    });
    for (let x = 0; x < sums.length; x++) data[y * width * 3 + x] = toByte(sums[x]!);
  }
  return { width, height, data };
}

interface Weights {
  readonly first: number;
  readonly weights: readonly number[];
}

function resizeWeights(from: number, to: number): Weights[] {
  const scale = from / to;
  const radius = Math.max(1, scale);
  return Array.from({ length: to }, (_, i) => {
    const centre = (i + 0.5) * scale;
    const first = Math.max(0, Math.floor(centre - radius));
    const last = Math.min(from, Math.ceil(centre + radius));
    const weights: number[] = [];
    for (let at = first; at < last; at++) {
      weights.push(Math.max(0, 1 - Math.abs((at + 0.5 - centre) / radius)));
    }
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return { first, weights: weights.map((weight) => weight / sum) };
  });
}

/** The nearest whole number in 0 to 255; halves go up. */
export function toByte(value: number): number {
  return value <= 0 ? 0 : value >= 255 ? 255 : Math.floor(value + 0.5);
}
