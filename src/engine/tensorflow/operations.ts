import type { BatchNormResult, ConvolutionWindow, Operations, Window } from "../operations.js";
import {
  boolean,
  DataType,
  float,
  integers,
  output,
  text,
  type,
  type Attribute,
  type DataTypeCode,
  type GraphBuilder,
  type GraphTensor,
} from "./graph.js";
import { GraphConvolutions } from "./convolutions.js";
import { cast, dtypeOf, integerVector, paddingAttributes, shapeOf } from "./tensors.js";

const T = { T: type(DataType.float32) };

/**
 * Writes each operation as a node of a TensorFlow graph.
 *
 * With `compute` bfloat16, convolutions and what lies between them work in bfloat16, accumulating in float32 as the
 * kernels do; weights, their gradients, statistics, and everything from the pooled features on stay float32.
 */
export class GraphOperations implements Operations<GraphTensor> {
  readonly #graph: GraphBuilder;
  readonly #convolutions: GraphConvolutions;

  constructor(graph: GraphBuilder, compute: DataTypeCode = DataType.float32) {
    this.#graph = graph;
    this.#convolutions = new GraphConvolutions(graph, compute);
  }

  constant(values: readonly number[], shape: readonly number[]): GraphTensor {
    return this.#graph.constant(Float32Array.from(values), shape);
  }

  add(a: GraphTensor, b: GraphTensor): GraphTensor {
    return this.#alike("AddV2", a, b);
  }

  subtract(a: GraphTensor, b: GraphTensor): GraphTensor {
    return this.#alike("Sub", a, b);
  }

  multiply(a: GraphTensor, b: GraphTensor): GraphTensor {
    return this.#alike("Mul", a, b);
  }

  sumToChannels(x: GraphTensor): GraphTensor {
    return this.#graph.add("BiasAddGrad", [this.#float(x)], T);
  }

  matMul(a: GraphTensor, b: GraphTensor, transposeA: boolean, transposeB: boolean): GraphTensor {
    return this.#graph.add("MatMul", [this.#float(a), this.#float(b)], {
      ...T,
      transpose_a: boolean(transposeA),
      transpose_b: boolean(transposeB),
    });
  }

  relu(x: GraphTensor): GraphTensor {
    return this.#alike("Relu", x);
  }

  relu6(x: GraphTensor): GraphTensor {
    return this.#alike("Relu6", x);
  }

  reluGradient(gradient: GraphTensor, result: GraphTensor): GraphTensor {
    return this.#alike("ReluGrad", cast(this.#graph, gradient, dtypeOf(result)), result);
  }

  relu6Gradient(gradient: GraphTensor, result: GraphTensor): GraphTensor {
    return this.#alike("Relu6Grad", cast(this.#graph, gradient, dtypeOf(result)), result);
  }

  convolution(x: GraphTensor, filter: GraphTensor, window: ConvolutionWindow): GraphTensor {
    return this.#convolutions.forward(x, filter, window);
  }

  convolutionInputGradient(
    gradient: GraphTensor,
    x: GraphTensor,
    filter: GraphTensor,
    window: ConvolutionWindow,
  ): GraphTensor {
    return this.#convolutions.inputGradient(gradient, x, filter, window);
  }

  convolutionFilterGradient(
    gradient: GraphTensor,
    x: GraphTensor,
    filter: GraphTensor,
    window: ConvolutionWindow,
  ): GraphTensor {
    return this.#convolutions.filterGradient(gradient, x, filter, window);
  }

  batchNormTraining(
    x: GraphTensor,
    scale: GraphTensor,
    offset: GraphTensor,
    epsilon: number,
  ): BatchNormResult<GraphTensor> {
    const none = this.#graph.constant(new Float32Array(0), [0], "none");
    const result = this.#graph.add(
      "FusedBatchNormV3",
      [x, scale, offset, none, none],
      batchNormAttributes(x, epsilon, true),
      { dtype: dtypeOf(x) },
    );
    return {
      output: result,
      batchMean: output(result, 1),
      // TensorFlow's fused kernel gives the unbiased variance here and keeps the biased one in its reserve space.
      batchVariance: output(result, 2),
      saved: [3, 4, 5].map((index) => output(result, index)),
    };
  }

  batchNormGradient(
    gradient: GraphTensor,
    x: GraphTensor,
    scale: GraphTensor,
    saved: readonly GraphTensor[],
    epsilon: number,
  ): { x: GraphTensor; scale: GraphTensor; offset: GraphTensor } {
    const result = this.#graph.add(
      "FusedBatchNormGradV3",
      [cast(this.#graph, gradient, dtypeOf(x)), x, scale, ...saved],
      batchNormAttributes(x, epsilon, true),
      { dtype: dtypeOf(x) },
    );
    return { x: result, scale: output(result, 1), offset: output(result, 2) };
  }

  batchNormInference(
    x: GraphTensor,
    scale: GraphTensor,
    offset: GraphTensor,
    mean: GraphTensor,
    variance: GraphTensor,
    epsilon: number,
  ): GraphTensor {
    return this.#graph.add(
      "FusedBatchNormV3",
      [x, scale, offset, mean, variance],
      batchNormAttributes(x, epsilon, false),
      { dtype: dtypeOf(x) },
    );
  }

  maxPool(x: GraphTensor, window: Window): GraphTensor {
    return this.#alike("MaxPool", x, undefined, poolAttributes(window));
  }

  maxPoolGradient(gradient: GraphTensor, x: GraphTensor, result: GraphTensor, window: Window): GraphTensor {
    const inputs = [x, result, cast(this.#graph, gradient, dtypeOf(x))];
    const attributes = { ...poolAttributes(window), T: type(dtypeOf(x)) };
    return this.#graph.add("MaxPoolGrad", inputs, attributes, { dtype: dtypeOf(x) });
  }

  globalAveragePool(x: GraphTensor): GraphTensor {
    const axes = this.#graph.constant(Int32Array.of(1, 2), [2], "axes");
    return this.#graph.add("Mean", [this.#float(x), axes], { ...T, Tidx: type(DataType.int32) });
  }

  globalAveragePoolGradient(gradient: GraphTensor, x: GraphTensor): GraphTensor {
    const shape = shapeOf(this.#graph, x);
    const count = this.#graph.add(
      "Prod",
      [
        this.#graph.add("Slice", [shape, integerVector(this.#graph, 1), integerVector(this.#graph, 2)], {
          T: type(DataType.int32),
          Index: type(DataType.int32),
        }),
        integerVector(this.#graph, 0),
      ],
      { T: type(DataType.int32), Tidx: type(DataType.int32) },
    );
    const each = this.#graph.add("RealDiv", [gradient, this.#toFloat(count)], T);
    const spread = ["first", "second"].reduce(
      (tensor) =>
        this.#graph.add("ExpandDims", [tensor, integerVector(this.#graph, 1)], {
          ...T,
          Tdim: type(DataType.int32),
        }),
      each,
    );
    const attributes = { T: type(dtypeOf(x)), Tidx: type(DataType.int32) };
    const narrow = cast(this.#graph, spread, dtypeOf(x));
    return this.#graph.add("BroadcastTo", [narrow, shape], attributes, { dtype: dtypeOf(x) });
  }

  softmaxCrossEntropy(
    logits: GraphTensor,
    targets: GraphTensor,
  ): { loss: GraphTensor; gradient: GraphTensor } {
    const each = this.#graph.add("SoftmaxCrossEntropyWithLogits", [logits, targets], T);
    const batch = this.#graph.add("Size", [each], { ...T, out_type: type(DataType.int32) });
    const axes = integerVector(this.#graph, 0);
    return {
      loss: this.#graph.add("Mean", [each, axes], { ...T, Tidx: type(DataType.int32) }),
      gradient: this.#graph.add("RealDiv", [output(each, 1), this.#toFloat(batch)], T),
    };
  }

  /** An operation whose operands and result have the type of the first; a second of another type is cast to it. */
  #alike(
    op: string,
    a: GraphTensor,
    b?: GraphTensor,
    attributes: Readonly<Record<string, Attribute>> = {},
  ): GraphTensor {
    const dtype = dtypeOf(a);
    const inputs = b === undefined ? [a] : [a, cast(this.#graph, b, dtype)];
    return this.#graph.add(op, inputs, { ...attributes, T: type(dtype) }, { dtype });
  }

  #float(x: GraphTensor): GraphTensor {
    return cast(this.#graph, x, DataType.float32);
  }

  #toFloat(x: GraphTensor): GraphTensor {
    return this.#graph.add("Cast", [x], { SrcT: type(DataType.int32), DstT: type(DataType.float32) });
  }
}

function poolAttributes(window: Window): Record<string, Attribute> {
  return {
    ...T,
    ksize: integers([1, window.kernelSize, window.kernelSize, 1]),
    strides: integers([1, window.stride, window.stride, 1]),
    ...paddingAttributes(window),
  };
}

function batchNormAttributes(x: GraphTensor, epsilon: number, training: boolean): Record<string, Attribute> {
  return {
    T: type(dtypeOf(x)),
    U: type(DataType.float32),
    epsilon: float(epsilon),
    is_training: boolean(training),
    data_format: text("NHWC"),
  };
}
