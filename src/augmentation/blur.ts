import { toByte, type RgbImage } from "../images/index.js";
import type { Random } from "../random.js";
import { Augmenter, type AugmenterOptions } from "./augmenter.js";
import { checkNumber, draw, type NumberParameter } from "./parameters.js";
import { borderIndex } from "./sampling.js";

export interface GaussianBlurOptions extends AugmenterOptions {
  /** Standard deviation in pixels, 0 to 100; below 0.001 nothing changes. Default `[0, 3]`. */
  readonly sigma?: NumberParameter;
}

/** Blurs with a Gaussian, cut off at four standard deviations; outside, the image is mirrored (`"reflect"`). */
export class GaussianBlur extends Augmenter {
  readonly kind = "GaussianBlur";
  readonly sigma: NumberParameter;

  constructor({ sigma = [0, 3], ...options }: GaussianBlurOptions = {}) {
    super(options);
    checkNumber("GaussianBlur", "sigma", sigma, { minimum: 0, maximum: 100, must: "pixels in [0, 100]" });
    this.sigma = sigma;
  }

  protected parameters(): Readonly<Record<string, unknown>> {
    return { sigma: this.sigma };
  }

  protected apply(image: RgbImage, random: Random): RgbImage {
    const sigma = draw(this.sigma, random);
    return sigma < 1e-3 ? image : blur(image, gaussianKernel(sigma));
  }
}

function gaussianKernel(sigma: number): Float32Array {
  const radius = Math.max(1, Math.ceil(4 * sigma));
  const weights = Float64Array.from({ length: 2 * radius + 1 }, (_, i) =>
    Math.exp(-((i - radius) ** 2) / (2 * sigma * sigma)),
  );
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return Float32Array.from(weights, (weight) => weight / sum);
}

/** Convolves with the kernel along rows, then along columns. */
function blur({ width, height, data }: RgbImage, kernel: Float32Array): RgbImage {
  const radius = kernel.length >> 1;
  const stride = width * 3;
  const rows = new Float32Array(data.length);
  const padded = new Float32Array((width + 2 * radius) * 3);
  for (let y = 0; y < height; y++) {
    for (let x = -radius; x < width + radius; x++) {
      const from = y * stride + borderIndex(x, width, "reflect") * 3;
      const to = (x + radius) * 3;
      padded[to] = data[from]!;
      padded[to + 1] = data[from + 1]!;
      padded[to + 2] = data[from + 2]!;
    }
    for (let i = 0; i < stride; i++) {
      let sum = 0;
      for (let k = 0; k < kernel.length; k++) sum += kernel[k]! * padded[i + k * 3]!;
      rows[y * stride + i] = sum;
    }
  }
  const result = new Uint8Array(data.length);
  const sums = new Float32Array(stride);
  for (let y = 0; y < height; y++) {
    sums.fill(0);
    for (let k = 0; k < kernel.length; k++) {
      const from = borderIndex(y + k - radius, height, "reflect") * stride;
      const weight = kernel[k]!;
      for (let i = 0; i < stride; i++) sums[i]! += weight * rows[from + i]!;
    }
    for (let i = 0; i < stride; i++) result[y * stride + i] = toByte(sums[i]!);
  }
  return { width, height, data: result };
}
