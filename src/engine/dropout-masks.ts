import type { DropoutNode, Network, NetworkNode } from "../networks/network.js";
import { Random } from "../random.js";
import { trainableStages } from "./step.js";

export interface DropoutMask {
  /** `[batch, features]`. */
  readonly shape: readonly [number, number];
  /** 0, or `1 / (1 - rate)` for a value that is kept. */
  readonly values: Float32Array;
}

/**
 * Makes the masks of every dropout node that trains, step after step, from one seed.
 *
 * They are made here rather than in an engine, so that the same seed drops the same values on every engine.
 */
export class DropoutMasks {
  readonly #random: Random;
  readonly #nodes: readonly { readonly node: DropoutNode; readonly features: number }[];

  constructor(network: Network, options: { readonly seed: number; readonly trainableFrom?: string }) {
    this.#random = new Random(options.seed);
    this.#nodes = dropoutNodes(network, options.trainableFrom).map((node) => ({
      node,
      features: channelsOf(network, node.input),
    }));
  }

  /** The masks of the next batch, by node name. */
  next(batchSize: number): Map<string, DropoutMask> {
    return new Map(
      this.#nodes.map(({ node, features }) => {
        const values = new Float32Array(batchSize * features);
        for (let i = 0; i < values.length; i++) {
          values[i] = this.#random.uniform() < node.rate ? 0 : 1 / (1 - node.rate);
        }
        return [node.name, { shape: [batchSize, features], values }];
      }),
    );
  }
}

/** The dropout nodes that need a mask: those in stages that train, with a rate above 0. */
export function dropoutNodes(network: Network, trainableFrom?: string): DropoutNode[] {
  const stages = trainableStages(network, trainableFrom);
  return network.nodes.filter(
    (node): node is DropoutNode => node.kind === "dropout" && node.rate > 0 && stages.has(node.stage),
  );
}

/** Number of channels (or features) that a node gives. */
export function channelsOf(network: Network, name: string): number {
  const byName = new Map<string, NetworkNode>(network.nodes.map((node) => [node.name, node]));
  let node = byName.get(name)!;
  for (;;) {
    switch (node.kind) {
      case "input":
        return 3;
      case "convolution":
        return node.filters;
      case "batchNorm":
        return node.channels;
      case "dense":
        return node.units;
      case "add":
        node = byName.get(node.inputs[0])!;
        break;
      default:
        node = byName.get(node.input)!;
    }
  }
}
