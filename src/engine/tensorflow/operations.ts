import type { BatchNormResult, ConvolutionWindow, Operations, Window } from "../operations.js";
import {
  boolean,
  DataType,
  float,
  integer,
  integers,
  output,
  text,
  type,
  type Attribute,
  type DataTypeCode,
  type GraphBuilder,
  type GraphTensor,
} from "./graph.js";

const T = { T: type(DataType.float32) };

/**
 * Writes each operation as a node of a TensorFlow graph.
 *
 * With `compute` bfloat16, convolutions and what lies between them work in bfloat16, accumulating in float32 as the
 * kernels do; weights, their gradients, statistics, and everything from the pooled features on stay float32.
 */
export class GraphOperations implements Operations<GraphTensor> {
  readonly #graph: GraphBuilder;
  readonly #compute: DataTypeCode;

  constructor(graph: GraphBuilder, compute: DataTypeCode = DataType.float32) {
    this.#graph = graph;
    this.#compute = compute;
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
    return this.#alike("ReluGrad", this.#cast(gradient, dtypeOf(result)), result);
  }

  relu6Gradient(gradient: GraphTensor, result: GraphTensor): GraphTensor {
    return this.#alike("Relu6Grad", this.#cast(gradient, dtypeOf(result)), result);
  }

  convolution(x: GraphTensor, filter: GraphTensor, given: ConvolutionWindow): GraphTensor {
    const window = withoutNumber(given);
    if (skipsPixels(window)) return this.convolution(this.#everyNth(x, window), filter, dense(window));
    if (needsPadding(window))
      return this.convolution(this.#pad(x, window), filter, { ...window, padding: 0 });
    const op = isDepthwise(window) ? "DepthwiseConv2dNative" : "Conv2D";
    return this.#computing(op, [this.#narrow(x), this.#narrow(filter)], convolutionAttributes(window));
  }

  convolutionInputGradient(
    gradient: GraphTensor,
    x: GraphTensor,
    filter: GraphTensor,
    given: ConvolutionWindow,
  ): GraphTensor {
    const window = withoutNumber(given);
    if (skipsPixels(window)) {
      const taken = this.#everyNth(x, window);
      return this.#spreadNth(
        this.convolutionInputGradient(gradient, taken, filter, dense(window)),
        x,
        window,
      );
    }
    if (needsPadding(window)) {
      const inner = { ...window, padding: 0 };
      const padded = this.convolutionInputGradient(gradient, this.#pad(x, window), filter, inner);
      return this.#cut(padded, x, window);
    }
    const op = isDepthwise(window) ? "DepthwiseConv2dNativeBackpropInput" : "Conv2DBackpropInput";
    const inputs = [this.#shapeOf(x), this.#narrow(filter), this.#narrow(gradient)];
    return this.#computing(op, inputs, convolutionAttributes(window));
  }

  convolutionFilterGradient(
    gradient: GraphTensor,
    x: GraphTensor,
    filter: GraphTensor,
    given: ConvolutionWindow,
  ): GraphTensor {
    const window = withoutNumber(given);
    if (skipsPixels(window))
      return this.convolutionFilterGradient(gradient, this.#everyNth(x, window), filter, dense(window));
    if (needsPadding(window)) {
      const inner = { ...window, padding: 0 };
      return this.convolutionFilterGradient(gradient, this.#pad(x, window), filter, inner);
    }
    const op = isDepthwise(window) ? "DepthwiseConv2dNativeBackpropFilter" : "Conv2DBackpropFilter";
    const inputs = [this.#narrow(x), this.#shapeOf(filter), this.#narrow(gradient)];
    return this.#float(this.#computing(op, inputs, convolutionAttributes(window)));
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
      [this.#cast(gradient, dtypeOf(x)), x, scale, ...saved],
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
    const inputs = [x, result, this.#cast(gradient, dtypeOf(x))];
    const attributes = { ...poolAttributes(window), T: type(dtypeOf(x)) };
    return this.#graph.add("MaxPoolGrad", inputs, attributes, { dtype: dtypeOf(x) });
  }

  globalAveragePool(x: GraphTensor): GraphTensor {
    const axes = this.#graph.constant(Int32Array.of(1, 2), [2], "axes");
    return this.#graph.add("Mean", [this.#float(x), axes], { ...T, Tidx: type(DataType.int32) });
  }

  globalAveragePoolGradient(gradient: GraphTensor, x: GraphTensor): GraphTensor {
    const shape = this.#shapeOf(x);
    const count = this.#graph.add(
      "Prod",
      [
        this.#graph.add("Slice", [shape, this.#integers(1), this.#integers(2)], {
          T: type(DataType.int32),
          Index: type(DataType.int32),
        }),
        this.#integers(0),
      ],
      { T: type(DataType.int32), Tidx: type(DataType.int32) },
    );
    const each = this.#graph.add("RealDiv", [gradient, this.#toFloat(count)], T);
    const spread = ["first", "second"].reduce(
      (tensor) =>
        this.#graph.add("ExpandDims", [tensor, this.#integers(1)], { ...T, Tdim: type(DataType.int32) }),
      each,
    );
    const attributes = { T: type(dtypeOf(x)), Tidx: type(DataType.int32) };
    const narrow = this.#cast(spread, dtypeOf(x));
    return this.#graph.add("BroadcastTo", [narrow, shape], attributes, { dtype: dtypeOf(x) });
  }

  softmaxCrossEntropy(
    logits: GraphTensor,
    targets: GraphTensor,
  ): { loss: GraphTensor; gradient: GraphTensor } {
    const each = this.#graph.add("SoftmaxCrossEntropyWithLogits", [logits, targets], T);
    const batch = this.#graph.add("Size", [each], { ...T, out_type: type(DataType.int32) });
    const axes = this.#integers(0);
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
    const inputs = b === undefined ? [a] : [a, this.#cast(b, dtype)];
    return this.#graph.add(op, inputs, { ...attributes, T: type(dtype) }, { dtype });
  }

  /** An operation in the type of computation. */
  #computing(
    op: string,
    inputs: readonly GraphTensor[],
    attributes: Readonly<Record<string, Attribute>>,
  ): GraphTensor {
    const dtype = this.#compute;
    return this.#graph.add(op, inputs, { ...attributes, T: type(dtype) }, { dtype });
  }

  #narrow(x: GraphTensor): GraphTensor {
    return this.#cast(x, this.#compute);
  }

  #float(x: GraphTensor): GraphTensor {
    return this.#cast(x, DataType.float32);
  }

  #cast(x: GraphTensor, dtype: DataTypeCode): GraphTensor {
    if (dtypeOf(x) === dtype) return x;
    return this.#graph.add("Cast", [x], { SrcT: type(dtypeOf(x)), DstT: type(dtype) }, { dtype });
  }

  /** Zeros around height and width. */
  #pad(x: GraphTensor, { padding }: ConvolutionWindow): GraphTensor {
    const p = Number(padding);
    const amounts = this.#graph.constant(Int32Array.of(0, 0, p, p, p, p, 0, 0), [4, 2], "paddings");
    const attributes = { T: type(dtypeOf(x)), Tpaddings: type(DataType.int32) };
    return this.#graph.add("Pad", [x, amounts], attributes, { dtype: dtypeOf(x) });
  }

  /** The inner part of `padded` that is as large as `x`. */
  #cut(padded: GraphTensor, x: GraphTensor, { padding }: ConvolutionWindow): GraphTensor {
    const begin = this.#integers(0, Number(padding), Number(padding), 0);
    const attributes = { T: type(dtypeOf(padded)), Index: type(DataType.int32) };
    return this.#graph.add("Slice", [padded, begin, this.#shapeOf(x)], attributes, {
      dtype: dtypeOf(padded),
    });
  }

  /** Every `stride`-th pixel of every `stride`-th row: all that a strided 1 x 1 window ever reads. */
  #everyNth(x: GraphTensor, window: ConvolutionWindow): GraphTensor {
    const dtype = dtypeOf(x);
    const attributes = { ...wholeSlice, T: type(dtype) };
    return this.#graph.add("StridedSlice", [x, ...this.#nthPixels(window)], attributes, { dtype });
  }

  /** The gradient of {@link #everyNth}: zeros where `x` was not read. */
  #spreadNth(gradient: GraphTensor, x: GraphTensor, window: ConvolutionWindow): GraphTensor {
    const dtype = dtypeOf(gradient);
    const inputs = [this.#shapeOf(x), ...this.#nthPixels(window), gradient];
    return this.#graph.add("StridedSliceGrad", inputs, { ...wholeSlice, T: type(dtype) }, { dtype });
  }

  #nthPixels({ stride }: ConvolutionWindow): GraphTensor[] {
    return [this.#integers(0, 0, 0, 0), this.#integers(0, 0, 0, 0), this.#integers(1, stride, stride, 1)];
  }

  #shapeOf(x: GraphTensor): GraphTensor {
    return this.#graph.add("Shape", [x], { T: type(dtypeOf(x)), out_type: type(DataType.int32) });
  }

  #integers(...values: number[]): GraphTensor {
    return this.#graph.constant(Int32Array.from(values), [values.length], "integers");
  }

  #toFloat(x: GraphTensor): GraphTensor {
    return this.#graph.add("Cast", [x], { SrcT: type(DataType.int32), DstT: type(DataType.float32) });
  }
}

function dtypeOf(x: GraphTensor): DataTypeCode {
  return x.dtype ?? DataType.float32;
}

function isDepthwise({ groups }: ConvolutionWindow): boolean {
  return groups > 1;
}

/**
 * Whether the padding becomes a node of its own.
 *
 * TensorFlow gives a convolution with explicit padding to slow kernels when it goes backward (and its optimiser crashes
 * on a depthwise one, 2.21), so no convolution gets any: where "same" means the same it is used, else zeros are added.
 */
function needsPadding({ padding }: Window): boolean {
  return padding !== "same" && padding > 0;
}

/** A window of stride 1 that keeps the size: there "same" adds equally on both sides, as a number does. */
function withoutNumber<W extends Window>(window: W): W {
  const { kernelSize, stride, padding } = window;
  return stride === 1 && padding !== 0 && padding === (kernelSize - 1) / 2
    ? { ...window, padding: "same" }
    : window;
}

/**
 * A strided 1 x 1 window, as the shortcuts of a ResNet have it, becomes a slice and a dense convolution: the same sums,
 * and TensorFlow 2.21 with oneDNN corrupts memory in the strided form's gradients where a large map has few channels.
 */
function skipsPixels(window: ConvolutionWindow): boolean {
  const { kernelSize, stride, padding } = window;
  return kernelSize === 1 && stride > 1 && (padding === 0 || padding === "same") && !isDepthwise(window);
}

/** The convolution that is left after the slice. */
function dense(window: ConvolutionWindow): ConvolutionWindow {
  return { ...window, stride: 1, padding: 0 };
}

/** A slice from the first to the last element of every axis. */
const wholeSlice = {
  Index: type(DataType.int32),
  begin_mask: integer(0b1111),
  end_mask: integer(0b1111),
  ellipsis_mask: integer(0),
  new_axis_mask: integer(0),
  shrink_axis_mask: integer(0),
};

function convolutionAttributes(window: ConvolutionWindow): Record<string, Attribute> {
  return { ...T, strides: integers([1, window.stride, window.stride, 1]), ...paddingAttributes(window) };
}

function poolAttributes(window: Window): Record<string, Attribute> {
  return {
    ...T,
    ksize: integers([1, window.kernelSize, window.kernelSize, 1]),
    strides: integers([1, window.stride, window.stride, 1]),
    ...paddingAttributes(window),
  };
}

function paddingAttributes({ padding }: Window): Record<string, Attribute> {
  const dataFormat = { data_format: text("NHWC") };
  if (padding === "same") return { padding: text("SAME"), ...dataFormat };
  if (padding === 0) return { padding: text("VALID"), ...dataFormat };
  return {
    padding: text("EXPLICIT"),
    explicit_paddings: integers([0, 0, padding, padding, padding, padding, 0, 0]),
    ...dataFormat,
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
