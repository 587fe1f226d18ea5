import { join } from "node:path";

import sharp from "sharp";

import { writeBundle, writeOnnx, type ModelThresholds } from "../../src/export/index.js";
import { NetworkBuilder } from "../../src/networks/builder.js";
import { writeSafetensors } from "../../src/networks/index.js";
import { temporaryFolder } from "../support.js";

export const colourLabels = ["red", "green", "blue"] as const;

export interface ColourBundleOptions {
  /** Side of the network's input in pixels. Default 32. */
  readonly imageSize?: number;
  /** Convolutions that change nothing and cost time: at 128 px about 6 ms each on one core. Default 0. */
  readonly ballast?: number;
  readonly thresholds?: ModelThresholds;
  /** Added to the logit of each label: another bundle, told apart by its scores. Default 0. */
  readonly bias?: number;
  /** File name. Default `"colours"`. */
  readonly name?: string;
}

/**
 * Writes a bundle whose scores are known beforehand: the logit of red is the mean of the red channel divided by 32, and so
 * on.
 *
 * @returns Its path.
 */
export async function writeColourBundle(options: ColourBundleOptions = {}): Promise<string> {
  const { imageSize = 32, ballast = 0, thresholds, bias = 0, name = "colours" } = options;
  const build = new NetworkBuilder({ epsilon: 1e-5, momentum: 0.1 });
  const filters = 32;
  let x = build.images({ mean: [0, 0, 0], standardDeviation: [32, 32, 32] });
  const weights = new Map<string, { shape: number[]; data: Float32Array }>();
  for (let layer = 0; layer < ballast; layer++) {
    const channels = x.channels;
    const kernel = new Float32Array(filters * channels * 9);
    // One at the middle of the kernel of each channel's own filter.
    for (let channel = 0; channel < channels; channel++) kernel[(channel * channels + channel) * 9 + 4] = 1;
    weights.set(`conv${layer}.weight`, { shape: [filters, channels, 3, 3], data: kernel });
    x = build.convolution(`conv${layer}`, x, { filters, kernelSize: 3, padding: 1 });
  }
  const features = build.globalAveragePool("pool", x);
  const network = build.finish("Colours", features, { name: "fc", labels: 3, dropout: 0 });
  const dense = new Float32Array(3 * x.channels);
  for (let label = 0; label < 3; label++) dense[label * x.channels + label] = 1;
  weights.set("fc.weight", { shape: [3, x.channels], data: dense });
  weights.set("fc.bias", { shape: [3], data: new Float32Array(3).fill(bias) });

  const path = join(temporaryFolder(), name);
  await writeBundle(
    path,
    {
      kind: "image-classifier",
      createdBy: "sightbook test",
      createdAt: "2026-01-02T03:04:05.000Z",
      labels: colourLabels,
      ...(thresholds && { thresholds }),
      preprocessing: {
        imageSize: [imageSize, imageSize],
        resizeTo: imageSize,
        interpolation: "bilinear",
        mean: [0, 0, 0],
        standardDeviation: [32, 32, 32],
      },
      model: { baseModel: "Colours", dropout: 0, seed: 1, trained: true },
      weights: { requested: "none", source: "by hand", licence: "none needed" },
      recipe: null,
      metrics: null,
    },
    new Map([
      ["weights.safetensors", writeSafetensors(weights)],
      ["model.onnx", writeOnnx(network, weights, { outputs: ["logits"], labels: colourLabels })],
    ]),
  );
  return path;
}

/** A PNG of one colour; its logits are the colour's values divided by 32. */
export async function colourImage(
  [r, g, b]: readonly [number, number, number],
  side = 40,
): Promise<Buffer<ArrayBuffer>> {
  const image = sharp({ create: { width: side, height: side, channels: 3, background: { r, g, b } } });
  return Buffer.from(await image.png().toBuffer());
}

export const red = [192, 32, 32] as const;
export const green = [0, 160, 64] as const;

/** Scores of a colour as the classifier computes them. */
export function colourProbabilities(colour: readonly number[]): number[] {
  const exponentials = colour.map((value) => Math.exp(value / 32));
  const sum = exponentials.reduce((total, value) => total + value, 0);
  return exponentials.map((value) => value / sum);
}
