import assert from "node:assert/strict";
import { test } from "node:test";
import {
  baseModelNames,
  buildNetwork,
  efficientNetLite,
  initializeWeights,
  parameterCount,
  parametersOf,
  preprocessingOf,
  resnet,
  stagesOf,
} from "../../src/networks/index.js";
import { Random } from "../../src/random.js";

/** Learned parameters at 1000 labels, as torchvision and the EfficientNet-Lite authors' code count them. */
const counts = {
  ResNet18: 11_689_512,
  ResNet34: 21_797_672,
  ResNet50: 25_557_032,
  ResNet101: 44_549_160,
  ResNet152: 60_192_808,
  EfficientNetLite0: 4_652_008,
  EfficientNetLite1: 5_416_680,
  EfficientNetLite2: 6_092_072,
};

for (const name of baseModelNames) {
  test(`${name} has ${counts[name]} learned parameters`, () => {
    assert.equal(parameterCount(buildNetwork(name, { labels: 1000 })), counts[name]);
  });
}

test("ResNet parameters carry torchvision's names and shapes", () => {
  const parameters = new Map(parametersOf(resnet(50, { labels: 7 })).map((p) => [p.name, p]));
  assert.deepEqual(parameters.get("conv1.weight")?.shape, [64, 3, 7, 7]);
  assert.deepEqual(parameters.get("layer2.0.conv2.weight")?.shape, [128, 128, 3, 3]);
  assert.deepEqual(parameters.get("layer2.0.downsample.0.weight")?.shape, [512, 256, 1, 1]);
  assert.deepEqual(parameters.get("layer4.2.bn3.running_var")?.shape, [2048]);
  assert.deepEqual(parameters.get("fc.weight")?.shape, [7, 2048]);
  assert.equal(parameters.get("fc.bias")?.decay, false);
});

test("the stride of a bottleneck sits in its 3x3 convolution", () => {
  const strides = resnet(50, { labels: 2 }).nodes.flatMap((node) =>
    node.kind === "convolution" && node.name.startsWith("layer3.0.") ? [[node.name, node.stride]] : [],
  );
  assert.deepEqual(strides, [
    ["layer3.0.conv1", 1],
    ["layer3.0.conv2", 2],
    ["layer3.0.conv3", 1],
    ["layer3.0.downsample.0", 2],
  ]);
});

test("stages go from stem to head, and the head is only what follows the features", () => {
  const network = efficientNetLite(0, { labels: 5, dropout: 0.5 });
  const blocks = [1, 2, 3, 4, 5, 6, 7].map((i) => `blocks${i}`);
  assert.deepEqual(stagesOf(network), ["stem", ...blocks, "head"]);
  assert.deepEqual(stagesOf(resnet(18, { labels: 5 })), [
    "stem",
    "layer1",
    "layer2",
    "layer3",
    "layer4",
    "head",
  ]);
  const head = network.nodes.filter(({ stage }) => stage === "head");
  assert.deepEqual(
    head.map(({ name }) => name),
    ["dropout", "fc"],
  );
  assert.ok(network.nodes.some(({ name, stage }) => name === network.featureNode && stage === "blocks7"));
});

test("dropout at rate 0 adds no node", () => {
  assert.ok(!resnet(18, { labels: 5 }).nodes.some(({ kind }) => kind === "dropout"));
});

test("wrong options are refused in one sentence", () => {
  assert.throws(() => resnet(18, { labels: 0 }), {
    message: "resnet: labels must be a whole number of at least 1, got 0.",
  });
  assert.throws(() => efficientNetLite(0, { labels: 2, dropout: 1 }), {
    message: "efficientNetLite: dropout must be a rate in [0, 1), got 1. Use 0 for no dropout.",
  });
  assert.throws(() => resnet(19 as 18, { labels: 2 }), {
    message: "resnet: depth must be 18, 34, 50, 101 or 152, got 19.",
  });
});

test("initial weights: He convolutions, identity batch norms, bounded dense layer, same seed same values", () => {
  const network = resnet(18, { labels: 4 });
  const weights = initializeWeights(network, new Random(1));
  const { data } = weights.get("layer3.1.conv1.weight")!;
  const variance = data.reduce((sum, value) => sum + value * value, 0) / data.length;
  assert.ok(Math.abs(variance / (2 / (256 * 9)) - 1) < 0.02, `variance ${variance}`);
  assert.ok(weights.get("bn1.weight")!.data.every((value) => value === 1));
  assert.ok(weights.get("bn1.running_mean")!.data.every((value) => value === 0));
  assert.ok(weights.get("fc.weight")!.data.every((value) => Math.abs(value) <= 1 / Math.sqrt(512)));
  assert.deepEqual(initializeWeights(network, new Random(1)).get("fc.bias"), weights.get("fc.bias"));
  assert.notDeepEqual(initializeWeights(network, new Random(2)).get("fc.bias"), weights.get("fc.bias"));
});

test("preprocessing follows the size asked for", () => {
  assert.equal(preprocessingOf("EfficientNetLite0").resizeTo, 256);
  assert.equal(preprocessingOf("EfficientNetLite2").resizeTo, 297);
  assert.equal(preprocessingOf("ResNet18", [112, 112]).resizeTo, 118);
});
