import type { Network, NetworkNode, Padding } from "./network.js";

/** A value on its way through a network under construction: the node that gives it, and its channels. */
export interface Tensor {
  readonly node: string;
  readonly channels: number;
}

/** Size, stride and padding of a convolution; stride and groups are 1 and there is no bias unless given. */
export interface ConvolutionOptions {
  readonly filters: number;
  readonly kernelSize: number;
  readonly stride?: number;
  readonly padding: Padding;
  readonly groups?: number;
  readonly bias?: boolean;
}

/** Per-channel mean and standard deviation of the pixels a network expects, in units of 0 to 255. */
export interface Normalization {
  readonly mean: readonly [number, number, number];
  readonly standardDeviation: readonly [number, number, number];
}

/** Epsilon and momentum (PyTorch's sense) that every batch norm of a network shares. */
export interface BatchNormOptions {
  readonly epsilon: number;
  readonly momentum: number;
}

/**
 * Writes the node list of a network from top to bottom: each method appends one node and returns its output.
 * Set {@link NetworkBuilder.stage} before the nodes of a new stage.
 */
export class NetworkBuilder {
  stage = "stem";
  readonly #nodes: NetworkNode[] = [];
  readonly #batchNorm: BatchNormOptions;

  constructor(batchNorm: BatchNormOptions) {
    this.#batchNorm = batchNorm;
  }

  /** The pixels, normalised. */
  images({ mean, standardDeviation }: Normalization): Tensor {
    const { stage } = this;
    this.#nodes.push({ kind: "input", name: "input", stage });
    return this.#add(
      { kind: "normalization", name: "normalization", stage, input: "input", mean, standardDeviation },
      3,
    );
  }

  convolution(name: string, from: Tensor, options: ConvolutionOptions): Tensor {
    const { filters, kernelSize, stride = 1, padding, groups = 1, bias = false } = options;
    const size = { channels: from.channels, filters, kernelSize, stride, padding, groups, bias };
    return this.#add({ kind: "convolution", name, stage: this.stage, input: from.node, ...size }, filters);
  }

  batchNorm(name: string, from: Tensor): Tensor {
    const { stage } = this;
    const { channels, node: input } = from;
    return this.#add({ kind: "batchNorm", name, stage, input, channels, ...this.#batchNorm }, channels);
  }

  activation(name: string, from: Tensor, activation: "relu" | "relu6"): Tensor {
    const { stage } = this;
    return this.#add(
      { kind: "activation", name, stage, input: from.node, function: activation },
      from.channels,
    );
  }

  maxPool(
    name: string,
    from: Tensor,
    window: { readonly kernelSize: number; readonly stride: number; readonly padding: Padding },
  ): Tensor {
    const { kernelSize, stride, padding } = window;
    const { stage } = this;
    return this.#add(
      { kind: "maxPool", name, stage, input: from.node, kernelSize, stride, padding },
      from.channels,
    );
  }

  add(name: string, left: Tensor, right: Tensor): Tensor {
    const { stage } = this;
    return this.#add({ kind: "add", name, stage, inputs: [left.node, right.node] }, left.channels);
  }

  globalAveragePool(name: string, from: Tensor): Tensor {
    const { stage } = this;
    return this.#add({ kind: "globalAveragePool", name, stage, input: from.node }, from.channels);
  }

  /**
   * Ends the network: its head is the stage `"head"`, a dropout (left out at rate 0) and a dense layer on `features`,
   * so that training the head alone is training a linear model on the featuriser's output.
   */
  finish(
    network: string,
    features: Tensor,
    head: { readonly name: string; readonly labels: number; readonly dropout: number },
  ): Network {
    this.stage = "head";
    const { stage } = this;
    let from = features;
    if (head.dropout > 0) {
      from = this.#add(
        { kind: "dropout", name: "dropout", stage, input: from.node, rate: head.dropout },
        from.channels,
      );
    }
    const size = { features: from.channels, units: head.labels };
    this.#add({ kind: "dense", name: head.name, stage, input: from.node, ...size }, head.labels);
    return { name: network, nodes: this.#nodes, featureNode: features.node };
  }

  #add(node: NetworkNode, channels: number): Tensor {
    this.#nodes.push(node);
    return { node: node.name, channels };
  }
}
