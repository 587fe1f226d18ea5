import type { ImageBatch } from "../../src/engine/engine.js";
import {
  parametersOf,
  type Network,
  type NetworkNode,
  type Weights,
  type WeightTensor,
} from "../../src/networks/network.js";
import { Random } from "../../src/random.js";

const stem = { stage: "stem" };
const body = { stage: "layer1" };
const head = { stage: "head" };

const entrance: NetworkNode[] = [
  { ...stem, kind: "input", name: "images" },
  {
    ...stem,
    kind: "normalization",
    name: "normalization",
    input: "images",
    mean: [123.675, 116.28, 103.53],
    standardDeviation: [58.395, 57.12, 57.375],
  },
];
const plain = { kernelSize: 3, stride: 1, padding: 1, groups: 1, bias: false } as const;
const norm = { kind: "batchNorm", epsilon: 1e-5, momentum: 0.1 } as const;
const exit = (input: string, channels: number): NetworkNode[] => [
  { ...head, kind: "globalAveragePool", name: "pool", input },
  { ...head, kind: "dropout", name: "dropout", input: "pool", rate: 0.5 },
  { ...head, kind: "dense", name: "fc", input: "dropout", features: channels, units: 4 },
];

/** A ResNet in small: strided stem, max pool, one plain and one strided residual block with projection. */
export const residualNetwork: Network = {
  name: "TinyResidual",
  featureNode: "pool",
  nodes: [
    ...entrance,
    {
      ...stem,
      ...plain,
      kind: "convolution",
      name: "conv1",
      input: "normalization",
      channels: 3,
      filters: 8,
      kernelSize: 7,
      stride: 2,
      padding: 3,
    },
    { ...stem, ...norm, name: "bn1", input: "conv1", channels: 8 },
    { ...stem, kind: "activation", name: "relu1", input: "bn1", function: "relu" },
    { ...stem, kind: "maxPool", name: "maxpool", input: "relu1", kernelSize: 3, stride: 2, padding: 1 },
    { ...body, ...plain, kind: "convolution", name: "conv2", input: "maxpool", channels: 8, filters: 8 },
    { ...body, ...norm, name: "bn2", input: "conv2", channels: 8 },
    { ...body, kind: "add", name: "add1", inputs: ["bn2", "maxpool"] },
    { ...body, kind: "activation", name: "relu2", input: "add1", function: "relu" },
    {
      ...body,
      ...plain,
      kind: "convolution",
      name: "conv3",
      input: "relu2",
      channels: 8,
      filters: 12,
      stride: 2,
    },
    { ...body, ...norm, name: "bn3", input: "conv3", channels: 12 },
    {
      ...body,
      ...plain,
      kind: "convolution",
      name: "projection",
      input: "relu2",
      channels: 8,
      filters: 12,
      kernelSize: 1,
      stride: 2,
      padding: 0,
    },
    { ...body, ...norm, name: "bnProjection", input: "projection", channels: 12 },
    { ...body, kind: "add", name: "add2", inputs: ["bn3", "bnProjection"] },
    { ...body, kind: "activation", name: "relu3", input: "add2", function: "relu" },
    ...exit("relu3", 12),
  ],
};

/** An EfficientNet-Lite in small: TensorFlow's padding, depthwise convolutions of both sizes, relu6, bias. */
export const depthwiseNetwork: Network = {
  name: "TinyDepthwise",
  featureNode: "pool",
  nodes: [
    ...entrance,
    {
      ...stem,
      ...plain,
      kind: "convolution",
      name: "stem",
      input: "normalization",
      channels: 3,
      filters: 8,
      stride: 2,
      padding: "same",
    },
    { ...stem, ...norm, name: "bn1", input: "stem", channels: 8, epsilon: 1e-3 },
    { ...stem, kind: "activation", name: "relu1", input: "bn1", function: "relu6" },
    {
      ...body,
      ...plain,
      kind: "convolution",
      name: "depthwise",
      input: "relu1",
      channels: 8,
      filters: 8,
      groups: 8,
      kernelSize: 5,
      stride: 2,
      padding: "same",
      bias: true,
    },
    { ...body, ...norm, name: "bn2", input: "depthwise", channels: 8, epsilon: 1e-3 },
    { ...body, kind: "activation", name: "relu2", input: "bn2", function: "relu6" },
    {
      ...body,
      ...plain,
      kind: "convolution",
      name: "depthwise3",
      input: "relu2",
      channels: 8,
      filters: 8,
      groups: 8,
      padding: "same",
    },
    {
      ...body,
      kind: "maxPool",
      name: "maxpool",
      input: "depthwise3",
      kernelSize: 2,
      stride: 2,
      padding: "same",
    },
    {
      ...body,
      ...plain,
      kind: "convolution",
      name: "project",
      input: "maxpool",
      channels: 8,
      filters: 10,
      kernelSize: 1,
      padding: 0,
    },
    { ...body, ...norm, name: "bn3", input: "project", channels: 10, epsilon: 1e-3 },
    ...exit("bn3", 10),
  ],
};

/** Weights of the size a trained network has, statistics included, the same for the same seed. */
export function randomWeights(network: Network, seed: number): Weights {
  const random = new Random(seed);
  return new Map(
    parametersOf(network).map(({ name, shape }): [string, WeightTensor] => {
      const size = shape.reduce((product, length) => product * length, 1);
      const fanIn = size / shape[0]!;
      const data = Float32Array.from({ length: size }, () => {
        if (name.endsWith("running_var") || (name.endsWith("weight") && shape.length === 1)) {
          return random.uniform(0.5, 1.5);
        }
        return shape.length === 1 ? random.normal() * 0.2 : random.normal() * Math.sqrt(2 / fanIn);
      });
      return [name, { shape, data }];
    }),
  );
}

/** Random pixels, as bytes. */
export function randomBatch(size: number, height: number, width: number, seed: number): ImageBatch {
  const random = new Random(seed);
  const pixels = Uint8Array.from({ length: size * height * width * 3 }, () => random.integer(256));
  return { size, height, width, pixels };
}
