import {
  OnnxAttributeType,
  OnnxDataType,
  type OnnxAttribute,
  type OnnxNode,
  type OnnxTensor,
} from "../engine/onnx-format.js";
import type { NetworkNode, Weights, WeightTensor } from "../networks/network.js";

/** What one node of a network becomes: operators and the constants they read. */
export interface OnnxPieces {
  readonly nodes: OnnxNode[];
  readonly initializers: OnnxTensor[];
}

/**
 * Writes one node of a network as ONNX operators.
 *
 * The images enter as `[batch, height, width, 3]`; from the input node on, activations are
 * `[batch, channels, height, width]`, as ONNX convolutions want them.
 *
 * @param names - The graph's input, and the tensor that holds a node's output.
 */
export function onnxPieces(
  node: NetworkNode,
  weights: Weights,
  names: { images: string; tensorOf: (node: string) => string },
): OnnxPieces {
  const { images, tensorOf } = names;
  const output = tensorOf(node.name);
  const parameter = (suffix: string): OnnxTensor =>
    tensor(`${node.name}.${suffix}`, weights.get(`${node.name}.${suffix}`)!);
  const single = (
    opType: string,
    input: string,
    initializers: OnnxTensor[] = [],
    attribute: OnnxAttribute[] = [],
  ): OnnxPieces => ({
    nodes: [
      {
        name: node.name,
        opType,
        input: [input, ...initializers.map(({ name }) => name)],
        output: [output],
        attribute,
      },
    ],
    initializers,
  });

  switch (node.kind) {
    case "input":
      return single("Transpose", images, [], [ints("perm", [0, 3, 1, 2])]);
    case "dropout":
      // The identity in evaluation mode; writeOnnx leaves these nodes out beforehand.
      return single("Identity", tensorOf(node.input));
    case "normalization": {
      const mean = perChannel(`${node.name}.mean`, node.mean);
      const deviation = perChannel(`${node.name}.standardDeviation`, node.standardDeviation);
      const centred = `${output}.centred`;
      return {
        nodes: [
          {
            name: `${node.name}.subtract`,
            opType: "Sub",
            input: [tensorOf(node.input), mean.name],
            output: [centred],
          },
          { name: node.name, opType: "Div", input: [centred, deviation.name], output: [output] },
        ],
        initializers: [mean, deviation],
      };
    }
    case "convolution":
      return single(
        "Conv",
        tensorOf(node.input),
        [parameter("weight"), ...(node.bias ? [parameter("bias")] : [])],
        [
          ints("kernel_shape", [node.kernelSize, node.kernelSize]),
          ints("strides", [node.stride, node.stride]),
          ...(node.groups === 1 ? [] : [int("group", node.groups)]),
          padding(node.padding),
        ],
      );
    case "batchNorm":
      return single(
        "BatchNormalization",
        tensorOf(node.input),
        ["weight", "bias", "running_mean", "running_var"].map(parameter),
        [float("epsilon", node.epsilon)],
      );
    case "activation":
      return node.function === "relu"
        ? single("Relu", tensorOf(node.input))
        : single("Clip", tensorOf(node.input), [
            scalar(`${node.name}.minimum`, 0),
            scalar(`${node.name}.maximum`, 6),
          ]);
    case "maxPool":
      return single(
        "MaxPool",
        tensorOf(node.input),
        [],
        [
          ints("kernel_shape", [node.kernelSize, node.kernelSize]),
          ints("strides", [node.stride, node.stride]),
          padding(node.padding),
        ],
      );
    case "globalAveragePool": {
      const pooled = `${output}.pooled`;
      return {
        nodes: [
          {
            name: `${node.name}.mean`,
            opType: "GlobalAveragePool",
            input: [tensorOf(node.input)],
            output: [pooled],
          },
          {
            name: node.name,
            opType: "Flatten",
            input: [pooled],
            output: [output],
            attribute: [int("axis", 1)],
          },
        ],
        initializers: [],
      };
    }
    case "add":
      return {
        nodes: [{ name: node.name, opType: "Add", input: node.inputs.map(tensorOf), output: [output] }],
        initializers: [],
      };
    case "dense":
      return single(
        "Gemm",
        tensorOf(node.input),
        [parameter("weight"), parameter("bias")],
        [int("transB", 1)],
      );
  }
}

/** `"same"` is ONNX's `SAME_UPPER`: the odd pixel goes below and to the right, whatever the size at run time. */
function padding(pixels: number | "same"): OnnxAttribute {
  return pixels === "same"
    ? { name: "auto_pad", type: OnnxAttributeType.string, s: Buffer.from("SAME_UPPER") }
    : ints("pads", [pixels, pixels, pixels, pixels]);
}

const float = (name: string, f: number): OnnxAttribute => ({ name, type: OnnxAttributeType.float, f });

const ints = (name: string, values: readonly number[]): OnnxAttribute => ({
  name,
  type: OnnxAttributeType.ints,
  ints: values,
});

/** An attribute that is an integer. */
export function int(name: string, i: number): OnnxAttribute {
  return { name, type: OnnxAttributeType.int, i };
}

function perChannel(name: string, values: readonly number[]): OnnxTensor {
  return tensor(name, { shape: [values.length, 1, 1], data: Float32Array.from(values) });
}

function scalar(name: string, value: number): OnnxTensor {
  return tensor(name, { shape: [], data: Float32Array.of(value) });
}

/** A float32 constant. Every platform that Node runs on is little-endian, as the format wants its elements. */
function tensor(name: string, { shape, data }: WeightTensor): OnnxTensor {
  return {
    name,
    dims: shape,
    dataType: OnnxDataType.float32,
    rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  };
}
