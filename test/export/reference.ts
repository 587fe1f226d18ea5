import type { ImageBatch } from "../../src/engine/engine.js";
import type { ConvolutionNode, MaxPoolNode, Network, Padding, Weights } from "../../src/networks/network.js";

/** An activation `[batch, height, width, channels]`; features are `[batch, 1, 1, features]`. */
interface Activation {
  readonly size: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly data: Float64Array;
}

/**
 * Evaluation mode of a network by the definitions of its nodes: loops in double precision, nothing shared with the
 * code under test. Slow; for small networks.
 *
 * @returns The output of every node by name.
 */
export function evaluate(network: Network, weights: Weights, batch: ImageBatch): Map<string, Activation> {
  const values = new Map<string, Activation>();
  const of = (name: string): Activation => values.get(name)!;
  for (const node of network.nodes) {
    const parameter = (suffix: string): Float32Array => weights.get(`${node.name}.${suffix}`)!.data;
    const perChannel = (input: Activation, f: (x: number, channel: number) => number): Activation => ({
      ...input,
      data: input.data.map((x, i) => f(x, i % input.channels)),
    });
    switch (node.kind) {
      case "input":
        values.set(node.name, { ...batch, channels: 3, data: Float64Array.from(batch.pixels) });
        break;
      case "normalization":
        values.set(
          node.name,
          perChannel(of(node.input), (x, c) => (x - node.mean[c]!) / node.standardDeviation[c]!),
        );
        break;
      case "convolution":
        values.set(
          node.name,
          convolve(of(node.input), node, parameter("weight"), node.bias ? parameter("bias") : undefined),
        );
        break;
      case "batchNorm": {
        const [weight, bias] = [parameter("weight"), parameter("bias")];
        const [mean, variance] = [parameter("running_mean"), parameter("running_var")];
        values.set(
          node.name,
          perChannel(
            of(node.input),
            (x, c) => ((x - mean[c]!) / Math.sqrt(variance[c]! + node.epsilon)) * weight[c]! + bias[c]!,
          ),
        );
        break;
      }
      case "activation":
        values.set(
          node.name,
          perChannel(of(node.input), (x) =>
            Math.min(Math.max(x, 0), node.function === "relu6" ? 6 : Infinity),
          ),
        );
        break;
      case "maxPool":
        values.set(node.name, maxPool(of(node.input), node));
        break;
      case "globalAveragePool": {
        const { size, height, width, channels, data } = of(node.input);
        const mean = new Float64Array(size * channels);
        for (let i = 0; i < data.length; i++) {
          const image = Math.floor(i / (height * width * channels));
          mean[image * channels + (i % channels)]! += data[i]! / (height * width);
        }
        values.set(node.name, { size, height: 1, width: 1, channels, data: mean });
        break;
      }
      case "add": {
        const [a, b] = [of(node.inputs[0]), of(node.inputs[1])];
        values.set(node.name, { ...a, data: a.data.map((x, i) => x + b.data[i]!) });
        break;
      }
      case "dropout":
        values.set(node.name, of(node.input));
        break;
      case "dense": {
        const { size, channels, data } = of(node.input);
        const [weight, bias] = [parameter("weight"), parameter("bias")];
        const result = new Float64Array(size * node.units);
        for (let i = 0; i < result.length; i++) {
          const [row, unit] = [Math.floor(i / node.units), i % node.units];
          let sum = bias[unit]!;
          for (let k = 0; k < channels; k++) sum += data[row * channels + k]! * weight[unit * channels + k]!;
          result[i] = sum;
        }
        values.set(node.name, { size, height: 1, width: 1, channels: node.units, data: result });
      }
    }
  }
  return values;
}

/** Outputs along one axis, and where the first window begins. */
function window(
  length: number,
  kernel: number,
  stride: number,
  padding: Padding,
): [count: number, start: number] {
  if (padding !== "same") return [Math.floor((length + 2 * padding - kernel) / stride) + 1, -padding];
  const count = Math.ceil(length / stride);
  const total = Math.max((count - 1) * stride + kernel - length, 0);
  return [count, -Math.floor(total / 2)];
}

function convolve(
  input: Activation,
  node: ConvolutionNode,
  weight: Float32Array,
  bias: Float32Array | undefined,
): Activation {
  const { kernelSize: k, stride, filters } = node;
  const [height, top] = window(input.height, k, stride, node.padding);
  const [width, left] = window(input.width, k, stride, node.padding);
  const inGroup = node.channels / node.groups;
  const perGroup = filters / node.groups;
  const data = new Float64Array(input.size * height * width * filters);
  for (let i = 0; i < data.length; i++) {
    const filter = i % filters;
    const x = Math.floor(i / filters) % width;
    const y = Math.floor(i / (filters * width)) % height;
    const image = Math.floor(i / (filters * width * height));
    const group = Math.floor(filter / perGroup);
    let sum = bias?.[filter] ?? 0;
    for (let dy = 0; dy < k; dy++) {
      for (let dx = 0; dx < k; dx++) {
        const [row, column] = [top + y * stride + dy, left + x * stride + dx];
        if (row < 0 || row >= input.height || column < 0 || column >= input.width) continue;
        const pixel =
          ((image * input.height + row) * input.width + column) * input.channels + group * inGroup;
        for (let c = 0; c < inGroup; c++) {
          sum += input.data[pixel + c]! * weight[((filter * inGroup + c) * k + dy) * k + dx]!;
        }
      }
    }
    data[i] = sum;
  }
  return { size: input.size, height, width, channels: filters, data };
}

function maxPool(input: Activation, node: MaxPoolNode): Activation {
  const [height, top] = window(input.height, node.kernelSize, node.stride, node.padding);
  const [width, left] = window(input.width, node.kernelSize, node.stride, node.padding);
  const { channels } = input;
  const data = new Float64Array(input.size * height * width * channels);
  for (let i = 0; i < data.length; i++) {
    const x = Math.floor(i / channels) % width;
    const y = Math.floor(i / (channels * width)) % height;
    const image = Math.floor(i / (channels * width * height));
    let best = -Infinity;
    for (let row = top + y * node.stride; row < top + y * node.stride + node.kernelSize; row++) {
      for (let column = left + x * node.stride; column < left + x * node.stride + node.kernelSize; column++) {
        if (row < 0 || row >= input.height || column < 0 || column >= input.width) continue;
        const pixel = (image * input.height + row) * input.width + column;
        best = Math.max(best, input.data[pixel * channels + (i % channels)]!);
      }
    }
    data[i] = best;
  }
  return { size: input.size, height, width, channels, data };
}
