import * as tf from "@tensorflow/tfjs-core";
import {
  denseByConvolution,
  denseByKernels,
  depthwiseByConvolution,
  depthwiseByKernels,
} from "./convolution-gradients.js";
import { maxPoolGradientByKernel, maxPoolGradientInJavaScript } from "./max-pool-gradient.js";
import type { BackendMethods } from "./operations.js";

/**
 * On wasm only forward convolution, plain matrix product and elementwise work run on fast kernels (XNNPACK). Beside
 * those, at 8 x 56 x 56 x 64 with 3 x 3 filters, its own kernels take 10 times (Conv2DBackpropInput) and 70 times
 * (Conv3DBackpropFilterV2) as long; Conv2DBackpropFilter and the depthwise gradients are missing.
 */
export const wasmMethods: BackendMethods = {
  dense: denseByConvolution,
  depthwise: depthwiseByConvolution,
  maxPoolGradient: maxPoolGradientInJavaScript,

  matMul: (a, b, transposeA, transposeB) =>
    tf.matMul(transposeA ? tf.transpose(a) : a, transposeB ? tf.transpose(b) : b),

  /** As products with ones, in two stages so that rounding errors of long sums stay small. */
  sumToChannels(x) {
    const channels = x.shape.at(-1)!;
    const rows = x.shape[0] * (x.rank === 4 ? x.shape[1]! : 1);
    const inRow = x.size / rows;
    const first = tf.matMul(tf.ones([1, rows]), tf.reshape(x, [rows, inRow]));
    const perRow = inRow / channels;
    const sum = perRow === 1 ? first : tf.matMul(tf.ones([1, perRow]), tf.reshape(first, [perRow, channels]));
    return tf.reshape(sum, [channels]);
  },
};

/** On webgpu every kernel is there. */
export const webgpuMethods: BackendMethods = {
  dense: denseByKernels,
  depthwise: depthwiseByKernels,
  maxPoolGradient: maxPoolGradientByKernel,
  matMul: (a, b, transposeA, transposeB) => tf.matMul(a, b, transposeA, transposeB),
  sumToChannels: (x) =>
    tf.sum(
      x,
      x.shape.slice(0, -1).map((_, axis) => axis),
    ),
};
