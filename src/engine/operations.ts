import type { Padding } from "../networks/network.js";

/** A window that slides over height and width. */
export interface Window {
  readonly kernelSize: number;
  readonly stride: number;
  readonly padding: Padding;
}

/** A convolution's window, dense (`groups` 1) or depthwise (`groups` above 1: as many as channels). */
export interface ConvolutionWindow extends Window {
  readonly groups: number;
}

/** What batch normalisation in training mode gives: the output, what moves the statistics, what its gradient needs. */
export interface BatchNormResult<T> {
  readonly output: T;
  /** Mean of the batch, `[channels]`. */
  readonly batchMean: T;
  /** Unbiased variance of the batch (divided by count - 1), `[channels]`. */
  readonly batchVariance: T;
  /** For {@link Operations.batchNormGradient} of the same engine; nobody else looks inside. */
  readonly saved: readonly T[];
}

/**
 * The primitive tensor operations that the training step is written in, once, for every engine.
 *
 * `T` is an engine's handle of a float32 tensor: an output of a graph under construction (TensorFlow) or a tensor
 * (tfjs). Activations are `[batch, height, width, channels]`, filters `[height, width, channels, filters]`,
 * depthwise filters `[height, width, channels, 1]`, dense weights `[features, units]`; `layouts.ts` converts.
 * Sizes that are not known before a batch arrives (batch, height, width) never appear as numbers: an operation
 * that needs them takes the tensor that has them.
 */
export interface Operations<T> {
  /** A tensor known beforehand; `[]` is the shape of a scalar. */
  constant(values: readonly number[], shape: readonly number[]): T;
  /** Sum, the smaller shape spreading over the leading axes of the larger (`[channels]` or scalar). */
  add(a: T, b: T): T;
  /** Difference, with the same spreading as {@link add}. */
  subtract(a: T, b: T): T;
  /** Elementwise product, with the same spreading as {@link add}. */
  multiply(a: T, b: T): T;
  /** Sum over every axis but the last: `[..., channels]` to `[channels]`. */
  sumToChannels(x: T): T;
  /** Matrix product `[m, k] x [k, n]`, either side transposed before. */
  matMul(a: T, b: T, transposeA: boolean, transposeB: boolean): T;

  relu(x: T): T;
  relu6(x: T): T;
  /** Gradient with respect to the input, from the output of {@link relu}. */
  reluGradient(gradient: T, output: T): T;
  /** Gradient with respect to the input, from the output of {@link relu6}: passes where the output lies strictly between 0 and 6. */
  relu6Gradient(gradient: T, output: T): T;

  convolution(x: T, filter: T, window: ConvolutionWindow): T;
  /** Gradient with respect to `x`, which gives only its shape. */
  convolutionInputGradient(gradient: T, x: T, filter: T, window: ConvolutionWindow): T;
  /** Gradient with respect to `filter`, which gives only its shape. */
  convolutionFilterGradient(gradient: T, x: T, filter: T, window: ConvolutionWindow): T;

  /** Normalises by the batch's own mean and biased variance over batch, height and width, then `* scale + offset`. */
  batchNormTraining(x: T, scale: T, offset: T, epsilon: number): BatchNormResult<T>;
  /** Gradients of {@link batchNormTraining}. */
  batchNormGradient(
    gradient: T,
    x: T,
    scale: T,
    saved: readonly T[],
    epsilon: number,
  ): { readonly x: T; readonly scale: T; readonly offset: T };
  /** Normalises by given statistics. */
  batchNormInference(x: T, scale: T, offset: T, mean: T, variance: T, epsilon: number): T;

  /** Maximum over the window; padding never wins. */
  maxPool(x: T, window: Window): T;
  maxPoolGradient(gradient: T, x: T, output: T, window: Window): T;
  /** Mean over height and width: `[batch, height, width, channels]` to `[batch, channels]`. */
  globalAveragePool(x: T): T;
  /** Gradient with respect to `x`, which gives only its shape. */
  globalAveragePoolGradient(gradient: T, x: T): T;

  /** Mean softmax cross-entropy over the batch (scalar) and its gradient with respect to the logits. */
  softmaxCrossEntropy(logits: T, targets: T): { readonly loss: T; readonly gradient: T };
}

/** The variables of a session by parameter name, in the engine's layouts. */
export interface Variables<T> {
  /** The value at the beginning of the step, however often it is asked for. */
  read(name: string): T;
  /** Replaces the value once the step's reads are done. */
  assign(name: string, value: T): void;
  /** One update of SGD with momentum, whose velocity the store keeps; `gradient` already contains L2. */
  applyMomentum(name: string, gradient: T, learningRate: T): void;
}
