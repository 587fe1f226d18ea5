import { ArgumentError } from "../errors.js";
import { NetworkBuilder, type Tensor, type Normalization } from "./builder.js";
import type { Network } from "./network.js";
import { checkNetworkOptions, type NetworkOptions } from "./options.js";

export type EfficientNetLiteVariant = 0 | 1 | 2;

/** The seven block stages of variant 0, before they are widened and deepened. */
const stages = [
  { repeats: 1, kernelSize: 3, stride: 1, expansion: 1, filters: 16 },
  { repeats: 2, kernelSize: 3, stride: 2, expansion: 6, filters: 24 },
  { repeats: 2, kernelSize: 5, stride: 2, expansion: 6, filters: 40 },
  { repeats: 3, kernelSize: 3, stride: 2, expansion: 6, filters: 80 },
  { repeats: 3, kernelSize: 5, stride: 1, expansion: 6, filters: 112 },
  { repeats: 4, kernelSize: 5, stride: 2, expansion: 6, filters: 192 },
  { repeats: 1, kernelSize: 3, stride: 1, expansion: 6, filters: 320 },
] as const;

const scales: Readonly<Record<EfficientNetLiteVariant, { readonly width: number; readonly depth: number }>> =
  {
    0: { width: 1, depth: 1 },
    1: { width: 1, depth: 1.1 },
    2: { width: 1.1, depth: 1.2 },
  };

/** `(x - 127) / 128`: what the published EfficientNet-Lite weights were trained with. */
export const liteNormalization: Normalization = {
  mean: [127, 127, 127],
  standardDeviation: [128, 128, 128],
};

/**
 * EfficientNet-Lite 0, 1 or 2: inverted bottlenecks with ReLU6 and without squeeze-and-excitation, TensorFlow's "same"
 * padding, batch norms with epsilon 1e-3.
 *
 * Parameters are named as in the PyTorch port without its underscores (`conv_stem.weight`, `blocks.0.depthwise_conv.weight`,
 * `fc.bias`). Stages are `stem`, `blocks1` to `blocks7` (with the last 1x1 convolution to 1280 channels) and `head`;
 * the featuriser's output is `avgpool`, `[batch, 1280]`. The stochastic depth of the original training is left out.
 *
 * @throws {@link ArgumentError} when the variant is none of the three or an option is out of range.
 * @see Tan, Le, EfficientNet (2019); the Lite variants are Renjie Liu's (2020) in the TensorFlow TPU repository.
 */
export function efficientNetLite(variant: EfficientNetLiteVariant, options: NetworkOptions): Network {
  if (!Object.hasOwn(scales, variant)) {
    throw new ArgumentError("efficientNetLite", "variant", "0, 1 or 2", variant);
  }
  checkNetworkOptions("efficientNetLite", options);
  const scale = scales[variant];
  const build = new NetworkBuilder({ epsilon: 1e-3, momentum: 0.01 });
  let x = build.images(options.normalization ?? liteNormalization);
  x = build.convolution("conv_stem", x, { filters: 32, kernelSize: 3, stride: 2, padding: "same" });
  x = build.activation("relu_stem", build.batchNorm("bn0", x), "relu6");
  let block = 0;
  stages.forEach((stage, i) => {
    build.stage = `blocks${i + 1}`;
    const ends = i === 0 || i === stages.length - 1;
    const repeats = ends ? stage.repeats : Math.ceil(stage.repeats * scale.depth);
    const filters = roundChannels(stage.filters * scale.width);
    for (let repeat = 0; repeat < repeats; repeat++) {
      const stride = repeat === 0 ? stage.stride : 1;
      x = invertedBottleneck(build, `blocks.${block++}`, x, { ...stage, filters, stride });
    }
  });
  x = build.convolution("conv_head", x, { filters: 1280, kernelSize: 1, padding: "same" });
  x = build.activation("relu_head", build.batchNorm("bn1", x), "relu6");
  const features = build.globalAveragePool("avgpool", x);
  const { labels, dropout = 0 } = options;
  return build.finish(`EfficientNetLite${variant}`, features, { name: "fc", labels, dropout });
}

interface BlockOptions {
  readonly kernelSize: number;
  readonly stride: number;
  readonly expansion: number;
  readonly filters: number;
}

function invertedBottleneck(
  build: NetworkBuilder,
  name: string,
  input: Tensor,
  { kernelSize, stride, expansion, filters }: BlockOptions,
): Tensor {
  let x = input;
  const expanded = input.channels * expansion;
  if (expansion !== 1) {
    x = build.convolution(`${name}.expand_conv`, x, { filters: expanded, kernelSize: 1, padding: "same" });
    x = build.activation(`${name}.relu0`, build.batchNorm(`${name}.bn0`, x), "relu6");
  }
  const depthwise = { filters: expanded, kernelSize, stride, padding: "same", groups: expanded } as const;
  x = build.convolution(`${name}.depthwise_conv`, x, depthwise);
  x = build.activation(`${name}.relu1`, build.batchNorm(`${name}.bn1`, x), "relu6");
  x = build.convolution(`${name}.project_conv`, x, { filters, kernelSize: 1, padding: "same" });
  x = build.batchNorm(`${name}.bn2`, x);
  return stride === 1 && input.channels === filters ? build.add(`${name}.add`, x, input) : x;
}

/** The nearest multiple of 8, never below 90 % of `channels`. */
function roundChannels(channels: number): number {
  const rounded = Math.max(8, Math.floor((channels + 4) / 8) * 8);
  return rounded < 0.9 * channels ? rounded + 8 : rounded;
}
