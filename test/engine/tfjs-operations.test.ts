import * as tf from "@tensorflow/tfjs-core";
import assert from "node:assert/strict";
import { before, test } from "node:test";
import type { ConvolutionWindow, Window } from "../../src/engine/operations.js";
import { loadBackend, methodsOf } from "../../src/engine/tfjs/backends.js";
import { TfjsOperations } from "../../src/engine/tfjs/operations.js";
import { Random } from "../../src/random.js";

const ops = new TfjsOperations(methodsOf("wasm"));
const random = new Random(1);

before(() => loadBackend("wasm"));

function normal(shape: readonly number[]): tf.Tensor {
  const size = shape.reduce((product, length) => product * length, 1);
  return tf.tensor(
    Float32Array.from({ length: size }, () => random.normal()),
    [...shape],
  );
}

/** Sum of products, in double precision. */
function dot(a: tf.Tensor, b: tf.Tensor): number {
  assert.deepEqual(a.shape, b.shape);
  const [x, y] = [a.dataSync(), b.dataSync()];
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i]! * y[i]!;
  return sum;
}

function length(a: tf.Tensor): number {
  return Math.sqrt(dot(a, a));
}

const convolutions: { window: ConvolutionWindow; sizes: readonly [number, number] }[] = [];
for (const groups of [1, 6]) {
  for (const [kernelSize, stride, padding] of [
    [1, 1, 0],
    [1, 2, 0],
    [3, 1, 1],
    [3, 2, 1],
    [3, 2, "same"],
    [3, 3, 0],
    [5, 1, "same"],
    [5, 2, "same"],
    [7, 2, 3],
    [2, 2, "same"],
  ] as const) {
    // Odd and even: "same" pads differently, and strides leave pixels over.
    for (const sizes of [
      [9, 12],
      [12, 11],
    ] as const) {
      convolutions.push({ window: { kernelSize, stride, padding, groups }, sizes });
    }
  }
}

test("a convolution's gradients are its adjoints, whatever the window", () => {
  for (const { window, sizes } of convolutions) {
    const { groups, kernelSize } = window;
    const x = normal([2, ...sizes, 6]);
    const filter = normal([kernelSize, kernelSize, 6, groups > 1 ? 1 : 4]);
    const output = ops.convolution(x, filter, window);
    const gradient = normal(output.shape);
    // The output is linear in the input and in the filter, so <dy, f(v)> = <gradient of v, v> holds for any v.
    const dx = ops.convolutionInputGradient(gradient, x, filter, window);
    const dFilter = ops.convolutionFilterGradient(gradient, x, filter, window);
    const otherX = normal(x.shape);
    const otherFilter = normal(filter.shape);
    const cases = [
      { left: dot(gradient, ops.convolution(otherX, filter, window)), right: dot(dx, otherX), with: dx },
      {
        left: dot(gradient, ops.convolution(x, otherFilter, window)),
        right: dot(dFilter, otherFilter),
        with: dFilter,
      },
    ];
    for (const { left, right, with: result } of cases) {
      const tolerance = 1e-4 * length(result) * Math.sqrt(result.size);
      assert.ok(
        Math.abs(left - right) <= tolerance,
        `${JSON.stringify({ window, sizes })}: ${left}, ${right}`,
      );
    }
  }
});

/** The slope of `<f(x), gradient>` along a direction, against `<result, direction>`; `f` must be smooth there. */
function checkSlope(
  name: string,
  f: (x: tf.Tensor) => tf.Tensor,
  x: tf.Tensor,
  gradient: tf.Tensor,
  result: tf.Tensor,
): void {
  for (let i = 0; i < 4; i++) {
    const direction = normal(x.shape);
    const step = 1e-2;
    const at = (t: number): number => dot(f(tf.add(x, tf.mul(direction, t))), gradient);
    const slope = (8 * (at(step) - at(-step)) - (at(2 * step) - at(-2 * step))) / (12 * step);
    const expected = dot(result, direction);
    const tolerance = 1e-3 * length(result) * Math.sqrt(x.size);
    assert.ok(Math.abs(slope - expected) <= tolerance, `${name}: ${expected}, measured ${slope}`);
  }
}

test("gradients of batch normalisation agree with finite differences", () => {
  for (const shape of [
    [4, 3, 5, 6],
    [8, 6],
  ]) {
    const [x, scale, offset] = [normal(shape), normal([6]), normal([6])];
    const gradient = normal(shape);
    const { saved } = ops.batchNormTraining(x, scale, offset, 1e-3);
    const result = ops.batchNormGradient(gradient, x, scale, saved);
    const output = (a: tf.Tensor, b: tf.Tensor, c: tf.Tensor): tf.Tensor =>
      ops.batchNormTraining(a, b, c, 1e-3).output;
    checkSlope("x", (v) => output(v, scale, offset), x, gradient, result.x);
    checkSlope("scale", (v) => output(x, v, offset), scale, gradient, result.scale);
    checkSlope("offset", (v) => output(x, scale, v), offset, gradient, result.offset);
  }
});

test("batch normalisation gives the mean, and the variance divided by count - 1", () => {
  const x = tf.tensor([1, 10, 2, 20, 6, 60], [3, 1, 1, 2]);
  const { batchMean, batchVariance, output } = ops.batchNormTraining(x, tf.ones([2]), tf.zeros([2]), 0);
  assert.deepEqual([...batchMean.dataSync()], [3, 30]);
  assert.deepEqual([...batchVariance.dataSync()], [(4 + 1 + 9) / 2, (400 + 100 + 900) / 2]);
  // The output is scaled by the variance divided by count.
  assert.ok(Math.abs(output.dataSync()[0]! - -2 / Math.sqrt(14 / 3)) < 1e-6);
});

test("gradients of pooling, activations, loss and products agree with finite differences", () => {
  const x = normal([2, 9, 10, 3]);
  const windows: Window[] = [
    { kernelSize: 3, stride: 2, padding: 1 },
    { kernelSize: 2, stride: 2, padding: "same" },
    { kernelSize: 3, stride: 2, padding: "same" },
  ];
  for (const window of windows) {
    // Values far apart, so that no step changes which of them is the largest.
    const values = random.shuffle(Array.from({ length: x.size }, (_, i) => i - x.size / 2));
    const spaced = tf.tensor(values, x.shape);
    const output = ops.maxPool(spaced, window);
    const gradient = normal(output.shape);
    checkSlope(
      "maxPool",
      (v) => ops.maxPool(v, window),
      spaced,
      gradient,
      ops.maxPoolGradient(gradient, spaced, output, window),
    );
  }

  const pooled = normal([2, 3]);
  checkSlope("mean", (v) => ops.globalAveragePool(v), x, pooled, ops.globalAveragePoolGradient(pooled, x));

  // Away from the kinks at 0 and 6.
  const smooth = tf.tensor([-7, -1, 1, 3, 5, 7, 20, -0.5], [8]);
  const some = normal([8]);
  checkSlope("relu", (v) => ops.relu(v), smooth, some, ops.reluGradient(some, ops.relu(smooth)));
  checkSlope("relu6", (v) => ops.relu6(v), smooth, some, ops.relu6Gradient(some, ops.relu6(smooth)));

  const logits = normal([4, 5]);
  const targets = tf.softmax(normal([4, 5]));
  const { gradient } = ops.softmaxCrossEntropy(logits, targets);
  const loss = (v: tf.Tensor): tf.Tensor => tf.reshape(ops.softmaxCrossEntropy(v, targets).loss, [1]);
  checkSlope("cross-entropy", loss, logits, tf.ones([1]), gradient);
  const certain = ops.softmaxCrossEntropy(tf.tensor([[1000, -1000]]), tf.tensor([[0, 1]]));
  assert.deepEqual([certain.loss.dataSync()[0], [...certain.gradient.dataSync()]], [2000, [1, -1]]);

  for (const [a, b] of [
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ] as const) {
    const left = tf.tensor(a ? [1, 3, 2, 4, 0, 5] : [1, 2, 0, 3, 4, 5], a ? [3, 2] : [2, 3]);
    const right = tf.tensor(b ? [1, 0, 2, 3, 1, 1] : [1, 3, 0, 1, 2, 1], b ? [2, 3] : [3, 2]);
    const [l, r] = [a ? tf.transpose(left) : left, b ? tf.transpose(right) : right];
    assert.deepEqual(ops.matMul(left, right, a, b).arraySync(), tf.matMul(l, r).arraySync());
  }
});

test("sums over everything but channels keep their digits", () => {
  // A plain float32 sum of 160,000 times 0.1 is off by a hundredth and more.
  const sum = ops.sumToChannels(tf.fill([10, 100, 160, 2], 0.1));
  for (const value of sum.dataSync()) assert.ok(Math.abs(value / 16000 - 1) < 1e-5, String(value));
  assert.deepEqual(
    [
      ...ops
        .sumToChannels(
          tf.tensor([
            [1, 2],
            [3, 4],
            [5, 6],
          ]),
        )
        .dataSync(),
    ],
    [9, 12],
  );
});
