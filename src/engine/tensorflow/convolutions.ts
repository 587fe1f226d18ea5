import type { ConvolutionWindow, Window } from "../operations.js";
import {
  DataType,
  integer,
  integers,
  type,
  type Attribute,
  type DataTypeCode,
  type GraphBuilder,
  type GraphTensor,
} from "./graph.js";
import { cast, dtypeOf, integerVector, paddingAttributes, shapeOf } from "./tensors.js";

/** Writes convolutions and their gradients in the forms that TensorFlow's kernels compute fast and rightly. */
export class GraphConvolutions {
  readonly #graph: GraphBuilder;
  readonly #compute: DataTypeCode;

  /** @param compute - The type that the kernels work in, accumulating in float32. */
  constructor(graph: GraphBuilder, compute: DataTypeCode) {
    this.#graph = graph;
    this.#compute = compute;
  }

  forward(x: GraphTensor, filter: GraphTensor, given: ConvolutionWindow): GraphTensor {
    const window = withoutNumber(given);
    if (skipsPixels(window)) return this.forward(this.#everyNth(x, window), filter, dense(window));
    if (needsPadding(window)) return this.forward(this.#pad(x, window), filter, { ...window, padding: 0 });
    const op = isDepthwise(window) ? "DepthwiseConv2dNative" : "Conv2D";
    return this.#computing(op, [this.#narrow(x), this.#narrow(filter)], convolutionAttributes(window));
  }

  inputGradient(
    gradient: GraphTensor,
    x: GraphTensor,
    filter: GraphTensor,
    given: ConvolutionWindow,
  ): GraphTensor {
    const window = withoutNumber(given);
    if (skipsPixels(window)) {
      const taken = this.#everyNth(x, window);
      return this.#spreadNth(this.inputGradient(gradient, taken, filter, dense(window)), x, window);
    }
    if (needsPadding(window)) {
      const inner = { ...window, padding: 0 };
      const padded = this.inputGradient(gradient, this.#pad(x, window), filter, inner);
      return this.#cut(padded, x, window);
    }
    const op = isDepthwise(window) ? "DepthwiseConv2dNativeBackpropInput" : "Conv2DBackpropInput";
    const inputs = [shapeOf(this.#graph, x), this.#narrow(filter), this.#narrow(gradient)];
    return this.#computing(op, inputs, convolutionAttributes(window));
  }

  filterGradient(
    gradient: GraphTensor,
    x: GraphTensor,
    filter: GraphTensor,
    given: ConvolutionWindow,
  ): GraphTensor {
    const window = withoutNumber(given);
    if (skipsPixels(window))
      return this.filterGradient(gradient, this.#everyNth(x, window), filter, dense(window));
    if (needsPadding(window)) {
      const inner = { ...window, padding: 0 };
      return this.filterGradient(gradient, this.#pad(x, window), filter, inner);
    }
    const op = isDepthwise(window) ? "DepthwiseConv2dNativeBackpropFilter" : "Conv2DBackpropFilter";
    const inputs = [this.#narrow(x), shapeOf(this.#graph, filter), this.#narrow(gradient)];
    return cast(this.#graph, this.#computing(op, inputs, convolutionAttributes(window)), DataType.float32);
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
    return cast(this.#graph, x, this.#compute);
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
    const begin = integerVector(this.#graph, 0, Number(padding), Number(padding), 0);
    const attributes = { T: type(dtypeOf(padded)), Index: type(DataType.int32) };
    return this.#graph.add("Slice", [padded, begin, shapeOf(this.#graph, x)], attributes, {
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
    const inputs = [shapeOf(this.#graph, x), ...this.#nthPixels(window), gradient];
    return this.#graph.add("StridedSliceGrad", inputs, { ...wholeSlice, T: type(dtype) }, { dtype });
  }

  #nthPixels({ stride }: ConvolutionWindow): GraphTensor[] {
    return [
      integerVector(this.#graph, 0, 0, 0, 0),
      integerVector(this.#graph, 0, 0, 0, 0),
      integerVector(this.#graph, 1, stride, stride, 1),
    ];
  }
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
  return { strides: integers([1, window.stride, window.stride, 1]), ...paddingAttributes(window) };
}
