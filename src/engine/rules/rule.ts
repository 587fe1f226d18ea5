import type { NetworkNode } from "../../networks/network.js";
import type { Operations } from "../operations.js";

/** What a node computes from. */
export interface ForwardContext<T> {
  readonly inputs: readonly T[];
  /** Value of one of the node's own parameters by suffix: `"weight"`, `"running_mean"`, ... */
  readonly parameter: (suffix: string) => T;
  /** Training mode of this node; a frozen stage is always in evaluation mode. */
  readonly training: boolean;
  /** Of a dropout node in training: 0 or `1 / (1 - rate)` per value. */
  readonly dropoutMask?: T;
}

export interface ForwardResult<T> {
  readonly output: T;
  /** What the node's own gradient rule wants back. */
  readonly saved?: readonly T[];
  /** New values of the node's statistics by suffix. */
  readonly statistics?: Readonly<Record<string, T>>;
}

/** What a gradient rule works from: the forward pass, and the gradient of the loss with respect to the node's output. */
export interface GradientContext<T> extends ForwardContext<T> {
  readonly output: T;
  readonly saved: readonly T[];
  readonly gradient: T;
  /** False where nothing that learns lies below: the gradients of the inputs are then left out. */
  readonly wantsInputs: boolean;
}

export interface GradientResult<T> {
  /** One per input of the node, or empty when not wanted. */
  readonly inputs: readonly T[];
  /** By suffix of the node's parameters. */
  readonly parameters?: Readonly<Record<string, T>>;
}

/** How one kind of node runs forward and backward. */
export interface Rule<N extends NetworkNode> {
  forward<T>(ops: Operations<T>, node: N, context: ForwardContext<T>): ForwardResult<T>;
  /** Absent for nodes that nothing learnable can lie below. */
  gradient?<T>(ops: Operations<T>, node: N, context: GradientContext<T>): GradientResult<T>;
}
