import type { Interpolation } from "./preprocessing.js";
import type { RgbImage } from "./rgb-image.js";

/** Working memory that is used again from call to call: thousands of images must not leave thousands of arrays behind. */
export class Workspace {
  readonly #arrays: Uint8Array[] = [];

  /** An array of at least so many bytes with any content; the same one each time for a place, while it is large enough. */
  take(place: number, bytes: number): Uint8Array {
    const kept = this.#arrays[place];
    if (kept !== undefined && kept.length >= bytes) return kept;
    return (this.#arrays[place] = new Uint8Array(bytes));
  }
}

export interface ResizeOptions {
  /** Default `"bilinear"`. */
  readonly interpolation?: Interpolation;
  /** Where the pixels go, `[height, width, 3]`. Default: a new array. */
  readonly target?: Uint8Array;
  readonly workspace?: Workspace;
}

/**
 * Resizes pixels in memory, exactly as Pillow does up to rounding: pixel centres lie at halves, and when reducing the
 * kernel widens to the area that an output pixel covers.
 *
 * Used where an image grows: libvips, which is faster where it shrinks, moves a growing image by half a pixel.
 */
export function resizeImage(
  image: RgbImage,
  width: number,
  height: number,
  { interpolation = "bilinear", target = new Uint8Array(width * height * 3), workspace }: ResizeOptions = {},
): RgbImage {
  const result = { width, height, data: target };
  if (width === image.width && height === image.height) {
    target.set(image.data.subarray(0, width * height * 3));
  } else if (interpolation === "nearest") {
    pickNearest(image, result);
  } else {
    const kernel = resampleKernels[interpolation];
    const across = resampleWeights(image.width, width, kernel);
    const down = resampleWeights(image.height, height, kernel);
    // Growing comes last where only one direction grows, as in Pillow: less to compute, and what is rounded between.
    const rowsLast = width > image.width && height < image.height;
    const half = rowsLast ? { width: image.width, height } : { width, height: image.height };
    const bytes = half.width * half.height * 3;
    const between = { ...half, data: workspace?.take(0, bytes) ?? new Uint8Array(bytes) };
    if (rowsLast) {
      resampleColumns(image, between, down);
      resampleRows(between, result, across);
    } else {
      resampleRows(image, between, across);
      resampleColumns(between, result, down);
    }
  }
  return result;
}

interface Kernel {
  readonly radius: number;
  readonly weight: (x: number) => number;
}

const resampleKernels: Readonly<Record<Exclude<Interpolation, "nearest">, Kernel>> = {
  bilinear: { radius: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  // Keys, Cubic convolution interpolation (1981), with a = -0.5.
  bicubic: {
    radius: 2,
    weight: (signed) => {
      const x = Math.abs(signed);
      if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
      return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
    },
  },
  lanczos: { radius: 3, weight: (x) => (Math.abs(x) < 3 ? sinc(x) * sinc(x / 3) : 0) },
};

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/** For each output pixel the first input pixel and `taps` weights that sum to 1; weights past the edge are 0. */
interface Weights {
  readonly taps: number;
  readonly first: Int32Array;
  readonly weights: Float64Array;
}

function resampleWeights(from: number, to: number, { radius, weight }: Kernel): Weights {
  const scale = from / to;
  const stretch = Math.max(1, scale);
  const support = radius * stretch;
  const taps = Math.min(from, Math.ceil(support) * 2 + 1);
  const first = new Int32Array(to);
  const weights = new Float64Array(to * taps);
  for (let i = 0; i < to; i++) {
    const centre = (i + 0.5) * scale;
    const start = Math.max(0, Math.min(from - taps, Math.floor(centre - support + 0.5)));
    const end = Math.min(from, start + taps);
    let sum = 0;
    for (let at = start; at < end; at++) {
      const value = weight((at + 0.5 - centre) / stretch);
      weights[i * taps + at - start] = value;
      sum += value;
    }
    for (let k = 0; k < taps; k++) weights[i * taps + k]! /= sum;
    first[i] = start;
  }
  return { taps, first, weights };
}

/** Brings every row of `image` to the width of `result`. */
function resampleRows(image: RgbImage, result: RgbImage, { taps, first, weights }: Weights): void {
  const { data } = image;
  const { width, height, data: target } = result;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let red = 0;
      let green = 0;
      let blue = 0;
      let from = (y * image.width + first[x]!) * 3;
      for (let k = x * taps; k < (x + 1) * taps; k++) {
        const weight = weights[k]!;
        red += weight * data[from]!;
        green += weight * data[from + 1]!;
        blue += weight * data[from + 2]!;
        from += 3;
      }
      const at = (y * width + x) * 3;
      target[at] = toByte(red);
      target[at + 1] = toByte(green);
      target[at + 2] = toByte(blue);
    }
  }
}

/** Brings every column of `image` to the height of `result`. */
function resampleColumns(image: RgbImage, result: RgbImage, { taps, first, weights }: Weights): void {
  const { data } = image;
  const { data: target } = result;
  const stride = result.width * 3;
  const sums = new Float32Array(stride);
  for (let y = 0; y < result.height; y++) {
    sums.fill(0);
    for (let k = 0; k < taps; k++) {
      const weight = weights[y * taps + k]!;
      if (weight === 0) continue;
      const from = (first[y]! + k) * stride;
      for (let x = 0; x < stride; x++) sums[x]! += weight * data[from + x]!;
    }
    for (let x = 0; x < stride; x++) target[y * stride + x] = toByte(sums[x]!);
  }
}

function pickNearest(image: RgbImage, { width, height, data }: RgbImage): void {
  for (let y = 0; y < height; y++) {
    const row = Math.floor(((y + 0.5) * image.height) / height);
    for (let x = 0; x < width; x++) {
      const from = (row * image.width + Math.floor(((x + 0.5) * image.width) / width)) * 3;
      const at = (y * width + x) * 3;
      for (let channel = 0; channel < 3; channel++) data[at + channel] = image.data[from + channel]!;
    }
  }
}

/** The nearest whole number in 0 to 255; halves go up. */
export function toByte(value: number): number {
  return value <= 0 ? 0 : value >= 255 ? 255 : Math.floor(value + 0.5);
}
