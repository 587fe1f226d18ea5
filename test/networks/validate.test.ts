import assert from "node:assert/strict";
import { suite, test } from "node:test";
import {
  baseModelNames,
  buildNetwork,
  shapesOf,
  summary,
  validateNetwork,
  type Network,
} from "../../src/networks/index.js";
import { tinyMobileNetwork, tinyResidualNetwork } from "../golden/tiny-networks.js";

suite("every network of ours is valid and takes images from 32 pixels", () => {
  const networks = [
    ...baseModelNames.map((name) => buildNetwork(name, { labels: 3, dropout: 0.5 })),
    tinyResidualNetwork(),
    tinyMobileNetwork(),
  ];
  for (const network of networks) {
    test(network.name, () => {
      validateNetwork(network);
      assert.deepEqual(shapesOf(network, [32, 33]).get(network.nodes.at(-1)!.name)?.length, 1);
    });
  }
});

test("output shapes follow both kinds of padding", () => {
  const resnet = shapesOf(buildNetwork("ResNet18", { labels: 3 }), [225, 64]);
  assert.deepEqual(resnet.get("conv1"), [113, 32, 64]);
  assert.deepEqual(resnet.get("maxpool"), [57, 16, 64]);
  assert.deepEqual(resnet.get("layer4.1.relu"), [8, 2, 512]);
  const lite = shapesOf(buildNetwork("EfficientNetLite0", { labels: 3 }), [225, 64]);
  assert.deepEqual(lite.get("conv_stem"), [113, 32, 32]);
  assert.deepEqual(lite.get("conv_head"), [8, 2, 1280]);
});

const valid = tinyResidualNetwork();

/** The tiny network with one node changed. */
function withNode(name: string, change: Readonly<Record<string, unknown>>): Network {
  const nodes = valid.nodes.map((node) => (node.name === name ? { ...node, ...change } : node));
  return { ...valid, nodes };
}

suite("a network that is not whole is refused by name", () => {
  const cases: readonly (readonly [what: string, network: Network, message: string])[] = [
    [
      "no input",
      { ...valid, nodes: valid.nodes.slice(1) },
      'the first node must be an "input", got "normalization".',
    ],
    [
      "two nodes of one name",
      withNode("bn1", { name: "conv1" }),
      'the name of each node must be its own and not empty, got "conv1".',
    ],
    ["a second input", withNode("relu", { kind: "input" }), 'the only input must be "input", got "relu".'],
    [
      "an unknown input",
      withNode("relu", { input: "bn9" }),
      'the input of activation "relu" must be an earlier node, got "bn9".',
    ],
    [
      "an input that comes later",
      withNode("relu", { input: "maxpool" }),
      'the input of activation "relu" must be an earlier node, got "maxpool".',
    ],
    [
      "channels that disagree",
      withNode("layer1.0.conv1", { channels: 9 }),
      'the input of convolution "layer1.0.conv1" must be [height, width, 9], got [ 112, 112, 8 ].',
    ],
    [
      "a sum of two shapes",
      withNode("layer2.0.add", { inputs: ["layer2.0.bn2", "layer1.0.relu"] }),
      'the input of add "layer2.0.add" must be of one shape, [56, 56, 8], got [ 112, 112, 8 ].',
    ],
    [
      "a dense layer of another width",
      withNode("fc", { features: 9 }),
      'the input of dense "fc" must be [9], got [ 8 ].',
    ],
    [
      "a stride of zero",
      withNode("conv1", { stride: 0 }),
      'stride of convolution "conv1" must be a whole number of at least 1, got 0.',
    ],
    [
      "groups that are not depthwise",
      withNode("layer1.0.conv1", { groups: 2 }),
      'groups of convolution "layer1.0.conv1" must be 1, or channels and filters (depthwise), got { groups: 2, channels: 8, filters: 8 }.',
    ],
    [
      "a stage in two parts",
      withNode("layer2.0.add", { stage: "layer1" }),
      'the nodes of stage "layer1" must be next to each other, got "layer2.0.add".',
    ],
    [
      "features that are an image",
      { ...valid, featureNode: "layer2.0.relu" },
      'featureNode must be a node with output [features], got "layer2.0.relu".',
    ],
    [
      "a normalisation by zero",
      withNode("normalization", { standardDeviation: [1, 0, 1] }),
      'standardDeviation of normalization "normalization" must be above 0, got [ 1, 0, 1 ].',
    ],
  ];
  for (const [what, network, message] of cases) {
    test(what, () => {
      assert.throws(
        () => {
          validateNetwork(network);
        },
        {
          name: "ArgumentError",
          message: `network TinyResidual: ${message}`,
        },
      );
    });
  }
});

test("the summary lists nodes, shapes and parameters, and prints as a table", () => {
  const { rows, parameters, ...rest } = summary(valid, [32, 48]);
  assert.deepEqual(rest.imageSize, [32, 48]);
  assert.deepEqual(rows[2], {
    node: "conv1",
    kind: "convolution",
    stage: "stem",
    outputShape: [32, 48, 8],
    parameters: 216,
  });
  assert.deepEqual(rows.at(-1), {
    node: "fc",
    kind: "dense",
    stage: "head",
    outputShape: [4],
    parameters: 36,
  });
  assert.equal(
    parameters,
    rows.reduce((total, row) => total + row.parameters, 0),
  );
  const [title, header, input, ...lines] = summary(valid, [32, 48]).toString().split("\n");
  assert.equal(title, "TinyResidual, images of 32 x 48, 2,716 parameters");
  assert.equal(header, "node                   kind               output       parameters");
  assert.equal(input, "input                  input              32 x 48 x 3");
  assert.equal(lines.at(-1), "fc                     dense              4                    36");
  assert.throws(() => summary(valid, [0, 0]), {
    message: /^network TinyResidual: the input of maxPool|^network TinyResidual: the input of/,
  });
});
