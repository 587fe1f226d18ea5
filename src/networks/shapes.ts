import { ArgumentError } from "../errors.js";
import { inputsOf, type Network, type NetworkNode, type Padding } from "./network.js";

/** Shape of one image's activation: `[height, width, channels]`, or `[features]` behind the global average pool. */
export type ActivationShape = readonly [number, number, number] | readonly [number];

/** Number of places where a window fits, along one axis. */
export function outputExtent(extent: number, kernelSize: number, stride: number, padding: Padding): number {
  if (padding === "same") return Math.ceil(extent / stride);
  return Math.floor((extent + 2 * padding - kernelSize) / stride) + 1;
}

/**
 * The shape of every node's output, by name, for images of one size.
 *
 * @param imageSize - Height and width in pixels.
 * @throws {@link ArgumentError} that names the node whose window does not fit, or whose input has another shape than it expects.
 */
export function shapesOf(
  network: Network,
  imageSize: readonly [height: number, width: number],
): ReadonlyMap<string, ActivationShape> {
  const shapes = new Map<string, ActivationShape>();
  for (const node of network.nodes) {
    const inputs = inputsOf(node).map((name) => shapes.get(name)!);
    shapes.set(node.name, node.kind === "input" ? [...imageSize, 3] : outputShape(network, node, inputs));
  }
  return shapes;
}

function outputShape(
  network: Network,
  node: NetworkNode,
  inputs: readonly ActivationShape[],
): ActivationShape {
  const input = inputs[0]!;
  const wrong = (must: string, got: ActivationShape = input): ArgumentError =>
    new ArgumentError(`network ${network.name}`, `the input of ${node.kind} "${node.name}"`, must, got);
  switch (node.kind) {
    case "convolution":
    case "maxPool": {
      if (input.length !== 3) throw wrong("[height, width, channels]");
      const [height, width, channels] = input;
      if (node.kind === "convolution" && channels !== node.channels) {
        throw wrong(`[height, width, ${node.channels}]`);
      }
      const { kernelSize, stride, padding } = node;
      const [rows, columns] = [height, width].map((extent) =>
        outputExtent(extent, kernelSize, stride, padding),
      ) as [number, number];
      if (rows < 1 || columns < 1) throw wrong(`at least as large as its window of ${kernelSize}`);
      return [rows, columns, node.kind === "convolution" ? node.filters : channels];
    }
    case "batchNorm":
      if (input.at(-1) !== node.channels) throw wrong(`[height, width, ${node.channels}]`);
      return input;
    case "globalAveragePool":
      if (input.length !== 3) throw wrong("[height, width, channels]");
      return [input[2]];
    case "add":
      for (const other of inputs) {
        if (other.join() !== input.join()) throw wrong(`of one shape, [${input.join(", ")}]`, other);
      }
      return input;
    case "dense":
      if (input.length !== 1 || input[0] !== node.features) throw wrong(`[${node.features}]`);
      return [node.units];
    case "normalization":
      if (input.length !== 3 || input[2] !== 3) throw wrong("[height, width, 3]");
      return input;
    default:
      return input;
  }
}
