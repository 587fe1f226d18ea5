import { NetworkBuilder, type Tensor } from "../../src/networks/builder.js";
import type { Network } from "../../src/networks/network.js";
import { imageNetNormalization } from "../../src/networks/options.js";

/**
 * Two residual blocks after a max pool, about 10 kB of weights, 4 labels: what every engine trains for two steps to the
 * numbers of tiny-residual.json. Any image size will do; stages `stem`, `layer1`, `layer2`, `head`.
 */
export function tinyResidualNetwork(): Network {
  const build = new NetworkBuilder({ epsilon: 1e-5, momentum: 0.1 });
  const images = build.images(imageNetNormalization);
  let x = build.convolution("conv1", images, { filters: 8, kernelSize: 3, padding: 1 });
  x = build.activation("relu", build.batchNorm("bn1", x), "relu");
  x = build.maxPool("maxpool", x, { kernelSize: 3, stride: 2, padding: 1 });
  build.stage = "layer1";
  x = basicBlock(build, "layer1.0", x, 1);
  build.stage = "layer2";
  x = basicBlock(build, "layer2.0", x, 2);
  const features = build.globalAveragePool("avgpool", x);
  return build.finish("TinyResidual", features, { name: "fc", labels: 4, dropout: 0 });
}

function basicBlock(build: NetworkBuilder, name: string, input: Tensor, stride: number): Tensor {
  let x = build.convolution(`${name}.conv1`, input, { filters: 8, kernelSize: 3, stride, padding: 1 });
  x = build.activation(`${name}.relu1`, build.batchNorm(`${name}.bn1`, x), "relu");
  x = build.convolution(`${name}.conv2`, x, { filters: 8, kernelSize: 3, padding: 1 });
  x = build.batchNorm(`${name}.bn2`, x);
  let shortcut = input;
  if (stride !== 1) {
    const projection = { filters: 8, kernelSize: 1, stride, padding: 0 };
    shortcut = build.convolution(`${name}.downsample.0`, input, projection);
    shortcut = build.batchNorm(`${name}.downsample.1`, shortcut);
  }
  return build.activation(`${name}.relu`, build.add(`${name}.add`, x, shortcut), "relu");
}

/**
 * What {@link tinyResidualNetwork} lacks: "same" padding on odd and even sizes, depthwise convolutions, ReLU6 that clips,
 * a convolution with bias; 3 labels, stages `stem`, `blocks1`, `blocks2`, `head`; numbers in tiny-mobile.json.
 */
export function tinyMobileNetwork(): Network {
  const build = new NetworkBuilder({ epsilon: 1e-3, momentum: 0.01 });
  // A deviation of 16 instead of 128 makes the first activations large enough to be clipped at 6.
  let x = build.images({ mean: [127, 127, 127], standardDeviation: [16, 16, 16] });
  x = build.convolution("conv_stem", x, {
    filters: 6,
    kernelSize: 3,
    stride: 2,
    padding: "same",
    bias: true,
  });
  x = build.activation("relu_stem", x, "relu6");
  build.stage = "blocks1";
  const halving = { filters: 6, kernelSize: 3, stride: 2, padding: "same", groups: 6 } as const;
  x = build.convolution("depthwise1", x, halving);
  x = build.activation("relu1", build.batchNorm("bn1", x), "relu6");
  x = build.convolution("project", x, { filters: 10, kernelSize: 1, padding: "same" });
  const shortcut = build.batchNorm("bn2", x);
  build.stage = "blocks2";
  x = build.convolution("depthwise2", shortcut, {
    filters: 10,
    kernelSize: 5,
    padding: "same",
    groups: 10,
  });
  x = build.add("add", shortcut, build.batchNorm("bn3", x));
  x = build.activation("relu2", x, "relu6");
  x = build.maxPool("maxpool", x, { kernelSize: 2, stride: 2, padding: "same" });
  const features = build.globalAveragePool("avgpool", x);
  return build.finish("TinyMobile", features, { name: "fc", labels: 3, dropout: 0 });
}
