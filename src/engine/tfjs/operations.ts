import * as tf from "@tensorflow/tfjs-core";
import type { BatchNormResult, ConvolutionWindow, Operations, Window } from "../operations.js";
import type { ConvolutionGradients } from "./convolution-gradients.js";
import type { MaxPoolGradient } from "./max-pool-gradient.js";

/** How a backend does what not all of them do in the same way, or not well. */
export interface BackendMethods {
  readonly dense: ConvolutionGradients;
  readonly depthwise: ConvolutionGradients;
  readonly maxPoolGradient: MaxPoolGradient;
  matMul(a: tf.Tensor, b: tf.Tensor, transposeA: boolean, transposeB: boolean): tf.Tensor;
  /** Sum over every axis but the last. */
  sumToChannels(x: tf.Tensor): tf.Tensor;
}

/**
 * Computes each operation at once with tfjs.
 *
 * Every result is a tensor of its own that the caller disposes of; nothing else stays behind.
 */
export class TfjsOperations implements Operations<tf.Tensor> {
  readonly #methods: BackendMethods;

  constructor(methods: BackendMethods) {
    this.#methods = methods;
  }

  constant(values: readonly number[], shape: readonly number[]): tf.Tensor {
    return tf.tensor(Float32Array.from(values), [...shape]);
  }

  add(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
    return tf.add(a, b);
  }

  subtract(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
    return tf.sub(a, b);
  }

  multiply(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
    return tf.mul(a, b);
  }

  sumToChannels(x: tf.Tensor): tf.Tensor {
    return tf.tidy(() => this.#methods.sumToChannels(x));
  }

  matMul(a: tf.Tensor, b: tf.Tensor, transposeA: boolean, transposeB: boolean): tf.Tensor {
    return tf.tidy(() => this.#methods.matMul(a, b, transposeA, transposeB));
  }

  relu(x: tf.Tensor): tf.Tensor {
    return tf.relu(x);
  }

  relu6(x: tf.Tensor): tf.Tensor {
    return tf.relu6(x);
  }

  reluGradient(gradient: tf.Tensor, output: tf.Tensor): tf.Tensor {
    return tf.tidy(() => tf.mul(gradient, tf.step(output)));
  }

  relu6Gradient(gradient: tf.Tensor, output: tf.Tensor): tf.Tensor {
    // Positive exactly where the output lies strictly between 0 and 6.
    return tf.tidy(() => tf.mul(gradient, tf.step(tf.mul(output, tf.sub(6, output)))));
  }

  convolution(x: tf.Tensor, filter: tf.Tensor, window: ConvolutionWindow): tf.Tensor {
    const { stride, groups } = window;
    return groups > 1
      ? tf.depthwiseConv2d(x as tf.Tensor4D, filter as tf.Tensor4D, stride, window.padding)
      : tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, stride, window.padding);
  }

  convolutionInputGradient(
    gradient: tf.Tensor,
    x: tf.Tensor,
    filter: tf.Tensor,
    window: ConvolutionWindow,
  ): tf.Tensor {
    return tf.tidy(() => this.#gradients(window).input(gradient, x, filter, window));
  }

  convolutionFilterGradient(
    gradient: tf.Tensor,
    x: tf.Tensor,
    filter: tf.Tensor,
    window: ConvolutionWindow,
  ): tf.Tensor {
    return tf.tidy(() => this.#gradients(window).filter(gradient, x, filter, window));
  }

  batchNormTraining(
    x: tf.Tensor,
    scale: tf.Tensor,
    offset: tf.Tensor,
    epsilon: number,
  ): BatchNormResult<tf.Tensor> {
    return tf.tidy(() => {
      const count = x.size / channelsOf(x);
      const mean = tf.div(this.#methods.sumToChannels(x), count);
      const variance = tf.div(this.#methods.sumToChannels(tf.square(tf.sub(x, mean))), count);
      const inverse = tf.rsqrt(tf.add(variance, epsilon));
      return {
        output: scaleAndShift(x, mean, tf.mul(inverse, scale), offset),
        batchMean: mean,
        batchVariance: tf.mul(variance, count / Math.max(count - 1, 1)),
        saved: [tf.clone(mean), inverse],
      };
    });
  }

  /** Ioffe and Szegedy 2015, section 3, solved for the input: three sums are enough. */
  batchNormGradient(
    gradient: tf.Tensor,
    x: tf.Tensor,
    scale: tf.Tensor,
    saved: readonly tf.Tensor[],
  ): { x: tf.Tensor; scale: tf.Tensor; offset: tf.Tensor } {
    const [mean, inverse] = saved as [tf.Tensor, tf.Tensor];
    return tf.tidy(() => {
      const count = x.size / channelsOf(x);
      const normalized = tf.mul(tf.sub(x, mean), inverse);
      const ofOffset = this.#methods.sumToChannels(gradient);
      const ofScale = this.#methods.sumToChannels(tf.mul(gradient, normalized));
      const centred = tf.sub(
        tf.sub(gradient, tf.div(ofOffset, count)),
        tf.mul(normalized, tf.div(ofScale, count)),
      );
      return { x: tf.mul(centred, tf.mul(scale, inverse)), scale: ofScale, offset: ofOffset };
    });
  }

  batchNormInference(
    x: tf.Tensor,
    scale: tf.Tensor,
    offset: tf.Tensor,
    mean: tf.Tensor,
    variance: tf.Tensor,
    epsilon: number,
  ): tf.Tensor {
    return tf.tidy(() => scaleAndShift(x, mean, tf.mul(tf.rsqrt(tf.add(variance, epsilon)), scale), offset));
  }

  maxPool(x: tf.Tensor, window: Window): tf.Tensor {
    return tf.maxPool(x as tf.Tensor4D, window.kernelSize, window.stride, window.padding);
  }

  maxPoolGradient(gradient: tf.Tensor, x: tf.Tensor, output: tf.Tensor, window: Window): tf.Tensor {
    return this.#methods.maxPoolGradient(gradient, x, output, window);
  }

  globalAveragePool(x: tf.Tensor): tf.Tensor {
    return tf.mean(x, [1, 2]);
  }

  globalAveragePoolGradient(gradient: tf.Tensor, x: tf.Tensor): tf.Tensor {
    const [batch, height, width, channels] = x.shape as [number, number, number, number];
    return tf.tidy(() =>
      tf.mul(
        tf.reshape(gradient, [batch, 1, 1, channels]),
        tf.fill([1, height, width, 1], 1 / (height * width)),
      ),
    );
  }

  softmaxCrossEntropy(logits: tf.Tensor, targets: tf.Tensor): { loss: tf.Tensor; gradient: tf.Tensor } {
    return tf.tidy(() => {
      const batch = logits.shape[0];
      const shifted = tf.sub(logits, tf.max(logits, -1, true));
      const exponentials = tf.exp(shifted);
      const sums = tf.sum(exponentials, -1, true);
      const logProbabilities = tf.sub(shifted, tf.log(sums));
      return {
        loss: tf.div(tf.neg(tf.sum(tf.mul(targets, logProbabilities))), batch),
        gradient: tf.div(tf.sub(tf.div(exponentials, sums), targets), batch),
      };
    });
  }

  #gradients({ groups }: ConvolutionWindow): ConvolutionGradients {
    return groups > 1 ? this.#methods.depthwise : this.#methods.dense;
  }
}

function channelsOf(x: tf.Tensor): number {
  return x.shape.at(-1)!;
}

/** `(x - mean) * factor + offset` with one pass less: the shift of each channel is worked out first. */
function scaleAndShift(x: tf.Tensor, mean: tf.Tensor, factor: tf.Tensor, offset: tf.Tensor): tf.Tensor {
  return tf.add(tf.mul(x, factor), tf.sub(offset, tf.mul(mean, factor)));
}
