import type { OnnxNode, OnnxTensor } from "../engine/onnx-format.js";

import { encodeOnnxParts, OnnxDataType } from "../engine/onnx-format.js";
import { int } from "./onnx-nodes.js";

/** A linear layer, one row per label. */
export interface LinearHead {
  /** Row-major `[labels, features]`. */
  readonly coefficients: ArrayLike<number>;
  /** `[labels]`; minus infinity for a label that is never predicted. */
  readonly intercepts: ArrayLike<number>;
}

/**
 * Puts a linear classifier of normalised features on an ONNX model: scales `features` to Euclidean length 1, applies the
 * layer, and gives the further outputs `logits` and `probabilities` (their softmax).
 *
 * Everything is appended to the file, which is not decoded and written anew: a model from elsewhere stays what it is.
 *
 * @param features - Tensor of the model that holds the features, `[batch, features]` or with more dimensions of size 1.
 * @returns The new file's bytes.
 */
export function appendLinearHead(
  onnx: Uint8Array,
  features: string,
  { coefficients, intercepts }: LinearHead,
): Uint8Array {
  const labels = intercepts.length;
  const names = {
    flat: "linear.flat",
    unit: "linear.unit",
    weight: "linear.weight",
    bias: "linear.bias",
    logits: "logits",
    probabilities: "probabilities",
  };
  const node = (
    opType: string,
    input: string[],
    output: string,
    attribute: OnnxNode["attribute"],
  ): OnnxNode => ({
    name: `node.${output}`,
    opType,
    input,
    output: [output],
    attribute: attribute ?? [],
  });
  const parts = encodeOnnxParts({
    node: [
      node("Flatten", [features], names.flat, [int("axis", 1)]),
      node("LpNormalization", [names.flat], names.unit, [int("axis", 1), int("p", 2)]),
      node("Gemm", [names.unit, names.weight, names.bias], names.logits, [int("transB", 1)]),
      node("Softmax", [names.logits], names.probabilities, [int("axis", 1)]),
    ],
    initializer: [
      float32(names.weight, [labels, coefficients.length / labels], coefficients),
      float32(names.bias, [labels], intercepts),
    ],
    output: [names.logits, names.probabilities].map((name) => ({
      name,
      type: {
        tensorType: {
          elemType: OnnxDataType.float32,
          shape: { dim: [{ dimParam: "batch" }, { dimValue: labels }] },
        },
      },
    })),
  });
  const joined = new Uint8Array(onnx.length + parts.length);
  joined.set(onnx);
  joined.set(parts, onnx.length);
  return joined;
}

function float32(name: string, dims: readonly number[], values: ArrayLike<number>): OnnxTensor {
  const data = Float32Array.from(values);
  return { name, dims, dataType: OnnxDataType.float32, rawData: new Uint8Array(data.buffer) };
}
