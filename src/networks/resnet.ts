import { ArgumentError } from "../errors.js";
import { NetworkBuilder, type Tensor } from "./builder.js";
import type { Network } from "./network.js";
import { checkNetworkOptions, imageNetNormalization, type NetworkOptions } from "./options.js";

export type ResNetDepth = 18 | 34 | 50 | 101 | 152;

/** Residual blocks in each of the four layers, and whether they are bottlenecks (1x1, 3x3, 1x1). */
const layouts: Readonly<
  Record<ResNetDepth, { readonly blocks: readonly number[]; readonly bottleneck: boolean }>
> = {
  18: { blocks: [2, 2, 2, 2], bottleneck: false },
  34: { blocks: [3, 4, 6, 3], bottleneck: false },
  50: { blocks: [3, 4, 6, 3], bottleneck: true },
  101: { blocks: [3, 4, 23, 3], bottleneck: true },
  152: { blocks: [3, 8, 36, 3], bottleneck: true },
};

/**
 * A residual network, version 1.5: the stride of a bottleneck sits in its 3x3 convolution.
 *
 * Parameters are named as in torchvision (`conv1.weight`, `layer1.0.bn1.running_mean`, `fc.bias`). Stages are `stem`,
 * `layer1` to `layer4` and `head`; the featuriser's output is `avgpool`, `[batch, 512]` or `[batch, 2048]`.
 *
 * @throws {@link ArgumentError} when the depth is none of the five or an option is out of range.
 * @see He, Zhang, Ren, Sun, Deep Residual Learning for Image Recognition (2015), table 1.
 */
export function resnet(depth: ResNetDepth, options: NetworkOptions): Network {
  if (!Object.hasOwn(layouts, depth)) {
    throw new ArgumentError("resnet", "depth", "18, 34, 50, 101 or 152", depth);
  }
  checkNetworkOptions("resnet", options);
  const { blocks, bottleneck } = layouts[depth];
  const build = new NetworkBuilder({ epsilon: 1e-5, momentum: 0.1 });
  let x = build.images(options.normalization ?? imageNetNormalization);
  x = build.convolution("conv1", x, { filters: 64, kernelSize: 7, stride: 2, padding: 3 });
  x = build.activation("relu", build.batchNorm("bn1", x), "relu");
  x = build.maxPool("maxpool", x, { kernelSize: 3, stride: 2, padding: 1 });
  blocks.forEach((count, layer) => {
    build.stage = `layer${layer + 1}`;
    const width = 64 * 2 ** layer;
    for (let block = 0; block < count; block++) {
      const stride = layer > 0 && block === 0 ? 2 : 1;
      x = residualBlock(build, `layer${layer + 1}.${block}`, x, { width, stride, bottleneck });
    }
  });
  const features = build.globalAveragePool("avgpool", x);
  const { labels, dropout = 0 } = options;
  return build.finish(`ResNet${depth}`, features, { name: "fc", labels, dropout });
}

interface BlockOptions {
  readonly width: number;
  readonly stride: number;
  readonly bottleneck: boolean;
}

function residualBlock(build: NetworkBuilder, name: string, input: Tensor, options: BlockOptions): Tensor {
  const { width, stride, bottleneck } = options;
  const filters = bottleneck ? 4 * width : width;
  const convolutions = bottleneck
    ? [
        { filters: width, kernelSize: 1, padding: 0 },
        { filters: width, kernelSize: 3, padding: 1, stride },
        { filters, kernelSize: 1, padding: 0 },
      ]
    : [
        { filters: width, kernelSize: 3, padding: 1, stride },
        { filters, kernelSize: 3, padding: 1 },
      ];
  let x = input;
  convolutions.forEach((convolution, i) => {
    x = build.convolution(`${name}.conv${i + 1}`, x, convolution);
    x = build.batchNorm(`${name}.bn${i + 1}`, x);
    if (i < convolutions.length - 1) x = build.activation(`${name}.relu${i + 1}`, x, "relu");
  });
  let shortcut = input;
  if (stride !== 1 || input.channels !== filters) {
    const projection = { filters, kernelSize: 1, padding: 0, stride };
    shortcut = build.convolution(`${name}.downsample.0`, input, projection);
    shortcut = build.batchNorm(`${name}.downsample.1`, shortcut);
  }
  return build.activation(`${name}.relu`, build.add(`${name}.add`, x, shortcut), "relu");
}
