import * as tf from "@tensorflow/tfjs-core";
import type { ConvolutionWindow } from "../operations.js";

/** The two gradients of a convolution, as in `Operations`; intermediate tensors are the caller's to tidy. */
export interface ConvolutionGradients {
  input(gradient: tf.Tensor, x: tf.Tensor, filter: tf.Tensor, window: ConvolutionWindow): tf.Tensor;
  filter(gradient: tf.Tensor, x: tf.Tensor, filter: tf.Tensor, window: ConvolutionWindow): tf.Tensor;
}

type Sizes = readonly [batch: number, height: number, width: number, channels: number];

/**
 * The gradients written as forward convolutions, for a backend whose own gradient kernels are slow or missing.
 *
 * The input's gradient is the convolution of the output's gradient, spread apart by the stride, with the filter turned by
 * half a turn. The filter's gradient is the convolution of the input with the output's gradient as its filter, dilated by
 * the stride, batch and channels having changed places.
 */
export const denseByConvolution: ConvolutionGradients = {
  input(gradient, x, filter, window) {
    const turned = tf.transpose(tf.reverse(filter, [0, 1]), [0, 1, 3, 2]) as tf.Tensor4D;
    return tf.conv2d(spread(gradient, x, window), turned, 1, "valid");
  },

  filter(gradient, x, _filter, window) {
    const image = tf.transpose(covered(gradient, x, window), [3, 1, 2, 0]) as tf.Tensor4D;
    const kernel = tf.transpose(gradient, [1, 2, 0, 3]) as tf.Tensor4D;
    return tf.transpose(tf.conv2d(image, kernel, 1, "valid", "NHWC", window.stride), [1, 2, 0, 3]);
  },
};

/** The same for depthwise convolutions: each channel of each image is on its own until the batch is summed. */
export const depthwiseByConvolution: ConvolutionGradients = {
  input(gradient, x, filter, window) {
    const turned = tf.reverse(filter, [0, 1]) as tf.Tensor4D;
    return tf.depthwiseConv2d(spread(gradient, x, window), turned, 1, "valid");
  },

  filter(gradient, x, _filter, window) {
    const [batch, outHeight, outWidth, channels] = gradient.shape as unknown as Sizes;
    const image = tf.transpose(covered(gradient, x, window), [1, 2, 0, 3]);
    const [height, width] = image.shape as [number, number];
    const kernel = tf.transpose(gradient, [1, 2, 0, 3]);
    const k = window.kernelSize;
    const each = tf.depthwiseConv2d(
      tf.reshape<tf.Rank.R4>(image, [1, height, width, batch * channels]),
      tf.reshape<tf.Rank.R4>(kernel, [outHeight, outWidth, batch * channels, 1]),
      1,
      "valid",
      "NHWC",
      window.stride,
    );
    return tf.reshape(tf.sum(tf.reshape(each, [k * k, batch, channels]), 1), [k, k, channels, 1]);
  },
};

/** tfjs's own kernels, where a backend has them and they are good. */
export const denseByKernels: ConvolutionGradients = {
  input(gradient, x, filter, { stride, padding }) {
    const attributes = { strides: [stride, stride], pad: padding, dataFormat: "NHWC", inputShape: x.shape };
    return run("Conv2DBackpropInput", { dy: gradient, filter }, attributes);
  },

  filter(gradient, x, filter, { stride, padding }) {
    const attributes = {
      strides: [stride, stride],
      pad: padding,
      dataFormat: "NHWC",
      filterShape: filter.shape,
    };
    return run("Conv2DBackpropFilter", { x, dy: gradient }, attributes);
  },
};

export const depthwiseByKernels: ConvolutionGradients = {
  input(gradient, x, filter, { stride, padding }) {
    const attributes = { strides: [stride, stride], dilations: [1, 1], pad: padding, inputShape: x.shape };
    return run("DepthwiseConv2dNativeBackpropInput", { dy: gradient, filter }, attributes);
  },

  filter(gradient, x, filter, { stride, padding }) {
    const attributes = {
      strides: [stride, stride],
      dilations: [1, 1],
      pad: padding,
      filterShape: filter.shape,
    };
    return run("DepthwiseConv2dNativeBackpropFilter", { x, dy: gradient }, attributes);
  },
};

function run(kernel: string, inputs: tf.NamedTensorMap, attributes: object): tf.Tensor {
  return tf.engine().runKernel<tf.Tensor>(kernel, inputs, { ...attributes });
}

/** The output's gradient with `stride - 1` zeros between its pixels, padded so that a turned filter gives the input's size. */
function spread(
  gradient: tf.Tensor,
  x: tf.Tensor,
  { kernelSize, stride, padding }: ConvolutionWindow,
): tf.Tensor4D {
  const [batch, height, width, channels] = gradient.shape as unknown as Sizes;
  let apart = gradient;
  if (stride > 1) {
    const gap: [number, number] = [0, stride - 1];
    const cells = tf.reshape(gradient, [batch, height, 1, width, 1, channels]);
    const padded = tf.pad(cells, [[0, 0], [0, 0], gap, [0, 0], gap, [0, 0]]);
    apart = tf.reshape(padded, [batch, height * stride, width * stride, channels]);
  }
  const sides = [1, 2].map((axis): [number, number] => {
    const before = kernelSize - 1 - paddingBefore(x.shape[axis]!, kernelSize, stride, padding);
    return [before, x.shape[axis]! + kernelSize - 1 - apart.shape[axis]! - before];
  });
  return padOrCut(apart, sides);
}

/** The input with its padding, cut to what the windows cover. */
function covered(
  gradient: tf.Tensor,
  x: tf.Tensor,
  { kernelSize, stride, padding }: ConvolutionWindow,
): tf.Tensor {
  const sides = [1, 2].map((axis): [number, number] => {
    const before = paddingBefore(x.shape[axis]!, kernelSize, stride, padding);
    const length = (gradient.shape[axis]! - 1) * stride + kernelSize;
    return [before, length - x.shape[axis]! - before];
  });
  return padOrCut(x, sides);
}

/** Zeros above, or to the left of, an axis of `size` pixels. */
export function paddingBefore(
  size: number,
  kernelSize: number,
  stride: number,
  padding: number | "same",
): number {
  if (padding !== "same") return padding;
  return Math.floor(Math.max((Math.ceil(size / stride) - 1) * stride + kernelSize - size, 0) / 2);
}

/** Adds zeros before and after height and width; a negative number cuts pixels off. */
function padOrCut(x: tf.Tensor, sides: readonly [number, number][]): tf.Tensor4D {
  const [[top, bottom], [left, right]] = sides as [[number, number], [number, number]];
  let result = x;
  if (Math.min(top, bottom, left, right) < 0) {
    const [batch, height, width, channels] = x.shape as unknown as Sizes;
    const cut = (side: number): number => Math.max(-side, 0);
    result = tf.slice(
      x,
      [0, cut(top), cut(left), 0],
      [batch, height - cut(top) - cut(bottom), width - cut(left) - cut(right), channels],
    );
  }
  const [t, b, l, r] = [top, bottom, left, right].map((side) => Math.max(side, 0)) as [
    number,
    number,
    number,
    number,
  ];
  return (
    t + b + l + r === 0
      ? result
      : tf.pad(result, [
          [0, 0],
          [t, b],
          [l, r],
          [0, 0],
        ])
  ) as tf.Tensor4D;
}
