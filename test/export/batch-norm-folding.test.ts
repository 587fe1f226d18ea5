import assert from "node:assert/strict";
import { test } from "node:test";
import { foldBatchNorms } from "../../src/export/batch-norm-folding.js";
import type { NetworkNode, Weights } from "../../src/networks/network.js";

const convolution = (name: string, input: string, bias = false): NetworkNode => ({
  kind: "convolution",
  name,
  stage: "stem",
  input,
  channels: 1,
  filters: 2,
  kernelSize: 1,
  stride: 1,
  padding: 0,
  groups: 1,
  bias,
});
const norm = (name: string, input: string): NetworkNode => ({
  kind: "batchNorm",
  name,
  stage: "stem",
  input,
  channels: 2,
  epsilon: 0.25,
  momentum: 0.1,
});
const relu = (name: string, input: string): NetworkNode => ({
  kind: "activation",
  name,
  stage: "stem",
  input,
  function: "relu",
});
const pair = (a: number, b: number): { shape: number[]; data: Float32Array } => ({
  shape: [2],
  data: Float32Array.of(a, b),
});
const weights: Weights = new Map([
  ["conv.weight", { shape: [2, 1, 1, 1], data: Float32Array.of(3, 5) }],
  ["conv.bias", pair(7, 0)],
  ["bn.weight", pair(2, 4)],
  ["bn.bias", pair(10, 20)],
  ["bn.running_mean", pair(1, 2)],
  ["bn.running_var", pair(0.75, 3.75)],
]);

test("weight and bias take the norm's scale and shift", () => {
  const folded = foldBatchNorms(
    [convolution("conv", "x", true), norm("bn", "conv"), relu("relu", "bn")],
    weights,
    ["relu"],
  );
  assert.deepEqual(
    folded.nodes.map(({ name }) => name),
    ["conv", "relu"],
  );
  assert.deepEqual(folded.nodes[1], relu("relu", "conv"));
  // sqrt(0.75 + 0.25) = 1 and sqrt(3.75 + 0.25) = 2, so the scales are 2 and 2.
  assert.deepEqual([...folded.weights.get("conv.weight")!.data], [3 * 2, 5 * 2]);
  assert.deepEqual([...folded.weights.get("conv.bias")!.data], [10 + (7 - 1) * 2, 20 + (0 - 2) * 2]);
  assert.deepEqual([...folded.weights.keys()], ["conv.weight", "conv.bias"]);
});

test("a convolution without bias gains one", () => {
  const folded = foldBatchNorms([convolution("conv", "x"), norm("bn", "conv")], weights, ["bn"]);
  assert.deepEqual(folded.nodes, [convolution("conv", "x", true)]);
  assert.deepEqual(folded.targets, ["conv"]);
  assert.deepEqual([...folded.weights.get("conv.bias")!.data], [10 - 1 * 2, 20 - 2 * 2]);
});

const kept: { name: string; nodes: NetworkNode[]; targets: string[] }[] = [
  {
    name: "another node reads the convolution",
    nodes: [convolution("conv", "x"), norm("bn", "conv"), relu("relu", "conv")],
    targets: ["bn", "relu"],
  },
  {
    name: "the convolution is a target itself",
    nodes: [convolution("conv", "x"), norm("bn", "conv")],
    targets: ["bn", "conv"],
  },
  {
    name: "the norm follows something else",
    nodes: [convolution("conv", "x"), relu("relu", "conv"), norm("bn", "relu")],
    targets: ["bn"],
  },
];
for (const { name, nodes, targets } of kept) {
  test(`a norm stays where ${name}`, () => {
    const folded = foldBatchNorms(nodes, weights, targets);
    assert.deepEqual(folded.nodes, nodes);
    assert.deepEqual(folded.targets, targets);
    assert.deepEqual(folded.weights, weights);
  });
}
