import { ArgumentError } from "../errors.js";
import { inputsOf, stagesOf, type Network, type NetworkNode } from "./network.js";
import { shapesOf } from "./shapes.js";

/** Every network must take images of this size; most take smaller ones. */
const probeSize = [224, 224] as const;

/**
 * Checks that a network is whole: what a builder of ours gives always is, one from a file or written by hand may not be.
 *
 * Names are unique, the first node is the only input, every input is an earlier node, channels and shapes agree, sizes are
 * in range, stages do not interleave, `featureNode` is a node of shape `[features]`, and the last node gives `[labels]`.
 *
 * @throws {@link ArgumentError} that names the node.
 */
export function validateNetwork(network: Network): void {
  const where = `network ${network.name}`;
  const [first] = network.nodes;
  if (first?.kind !== "input") throw new ArgumentError(where, "the first node", 'an "input"', first?.kind);
  const known = new Set<string>();
  for (const node of network.nodes) {
    const at = `${node.kind} "${node.name}"`;
    if (node.name === "" || known.has(node.name)) {
      throw new ArgumentError(where, "the name of each node", "its own and not empty", node.name);
    }
    if (node.kind === "input" && node !== first) {
      throw new ArgumentError(where, "the only input", `"${first.name}"`, node.name);
    }
    for (const input of inputsOf(node)) {
      if (!known.has(input)) throw new ArgumentError(where, `the input of ${at}`, "an earlier node", input);
    }
    known.add(node.name);
    checkSizes(where, at, node);
  }
  checkStages(where, network);
  const shapes = shapesOf(network, probeSize);
  const features = shapes.get(network.featureNode);
  if (features?.length !== 1) {
    throw new ArgumentError(where, "featureNode", "a node with output [features]", network.featureNode);
  }
  const output = shapes.get(network.nodes.at(-1)!.name)!;
  if (output.length !== 1) throw new ArgumentError(where, "the last output", "[labels]", output);
}

function checkSizes(where: string, at: string, node: NetworkNode): void {
  const counts: readonly (readonly [string, number])[] =
    node.kind === "convolution"
      ? (["channels", "filters", "kernelSize", "stride", "groups"] as const).map((key) => [key, node[key]])
      : node.kind === "maxPool"
        ? (["kernelSize", "stride"] as const).map((key) => [key, node[key]])
        : node.kind === "batchNorm"
          ? [["channels", node.channels]]
          : node.kind === "dense"
            ? (["features", "units"] as const).map((key) => [key, node[key]])
            : [];
  for (const [key, count] of counts) {
    if (!Number.isInteger(count) || count < 1) {
      throw new ArgumentError(where, `${key} of ${at}`, "a whole number of at least 1", count);
    }
  }
  if (node.kind === "convolution" && node.groups !== 1) {
    if (node.groups !== node.channels || node.filters !== node.channels) {
      const got = { groups: node.groups, channels: node.channels, filters: node.filters };
      throw new ArgumentError(where, `groups of ${at}`, "1, or channels and filters (depthwise)", got);
    }
  }
  if ((node.kind === "convolution" || node.kind === "maxPool") && node.padding !== "same") {
    if (!Number.isInteger(node.padding) || node.padding < 0) {
      throw new ArgumentError(where, `padding of ${at}`, 'a number of pixels or "same"', node.padding);
    }
  }
  if (node.kind === "batchNorm" && !(node.epsilon > 0 && node.momentum >= 0 && node.momentum <= 1)) {
    const got = { epsilon: node.epsilon, momentum: node.momentum };
    throw new ArgumentError(where, at, "given an epsilon above 0 and a momentum in [0, 1]", got);
  }
  if (node.kind === "normalization" && !node.standardDeviation.every((deviation) => deviation > 0)) {
    throw new ArgumentError(where, `standardDeviation of ${at}`, "above 0", node.standardDeviation);
  }
  if (node.kind === "dropout" && !(node.rate >= 0 && node.rate < 1)) {
    throw new ArgumentError(where, `rate of ${at}`, "in [0, 1)", node.rate);
  }
}

/** Freezing goes by stage: all nodes before the first that learns, so the nodes of a stage must lie together. */
function checkStages(where: string, network: Network): void {
  const runs = network.nodes.filter((node, i) => node.stage !== network.nodes[i - 1]?.stage);
  const stages = stagesOf(network);
  const repeated = runs.find((node, i) => node.stage !== stages[i]);
  if (repeated) {
    throw new ArgumentError(
      where,
      `the nodes of stage "${repeated.stage}"`,
      "next to each other",
      repeated.name,
    );
  }
}
