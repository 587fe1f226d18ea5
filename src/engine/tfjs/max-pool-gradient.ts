import * as tf from "@tensorflow/tfjs-core";
import type { Window } from "../operations.js";
import { paddingBefore } from "./convolution-gradients.js";

/** Gradient of a max pool as in `Operations`. */
export type MaxPoolGradient = (
  gradient: tf.Tensor,
  x: tf.Tensor,
  output: tf.Tensor,
  window: Window,
) => tf.Tensor;

/** tfjs's own kernel. */
export const maxPoolGradientByKernel: MaxPoolGradient = (
  dy,
  input,
  output,
  { kernelSize, stride, padding },
) =>
  tf
    .engine()
    .runKernel<tf.Tensor>(
      "MaxPoolGrad",
      { dy, input, output },
      { filterSize: kernelSize, strides: stride, pad: padding },
    );

/**
 * In JavaScript, for wasm: its kernel takes longer than this, and where all values of a window are negative it gives the
 * gradient to none or a wrong one of them (tfjs 4.22).
 *
 * Of equal values the first one, row by row, gets the gradient, as in PyTorch and TensorFlow.
 */
export const maxPoolGradientInJavaScript: MaxPoolGradient = (
  gradient,
  x,
  _output,
  { kernelSize, stride, padding },
) => {
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const [, outHeight, outWidth] = gradient.shape as [number, number, number, number];
  const top = paddingBefore(height, kernelSize, stride, padding);
  const left = paddingBefore(width, kernelSize, stride, padding);
  const values = x.dataSync() as Float32Array;
  const incoming = gradient.dataSync() as Float32Array;
  const result = new Float32Array(values.length);
  let from = 0;
  for (let image = 0; image < batch; image++) {
    for (let i = 0; i < outHeight; i++) {
      const firstRow = Math.max(i * stride - top, 0);
      const lastRow = Math.min(i * stride - top + kernelSize, height);
      for (let j = 0; j < outWidth; j++) {
        const firstColumn = Math.max(j * stride - left, 0);
        const lastColumn = Math.min(j * stride - left + kernelSize, width);
        for (let channel = 0; channel < channels; channel++) {
          let largest = -Infinity;
          let at = ((image * height + firstRow) * width + firstColumn) * channels + channel;
          for (let row = firstRow; row < lastRow; row++) {
            const line = (image * height + row) * width;
            for (let column = firstColumn; column < lastColumn; column++) {
              const index = (line + column) * channels + channel;
              const value = values[index]!;
              if (value > largest) {
                largest = value;
                at = index;
              }
            }
          }
          result[at]! += incoming[from++]!;
        }
      }
    }
  }
  return tf.tensor(result, x.shape);
};
