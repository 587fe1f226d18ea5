import type { NetworkNode } from "../../networks/network.js";
import { batchNorm } from "./batch-norm.js";
import { convolution } from "./convolution.js";
import {
  activation,
  add,
  dense,
  dropout,
  globalAveragePool,
  input,
  maxPool,
  normalization,
} from "./layers.js";
import type { Rule } from "./rule.js";

type Rules = { readonly [Kind in NetworkNode["kind"]]: Rule<Extract<NetworkNode, { kind: Kind }>> };

/** One rule per kind of node: the compiler asks for the missing one when a kind is added. */
export const rules: Rules = {
  input,
  normalization,
  convolution,
  batchNorm,
  activation,
  maxPool,
  globalAveragePool,
  add,
  dropout,
  dense,
};

export function ruleOf<N extends NetworkNode>(node: N): Rule<N> {
  // The table's type ties each kind to its rule, which TypeScript cannot follow through a generic index.
  return rules[node.kind] as unknown as Rule<N>;
}

export type { ForwardContext, ForwardResult, GradientContext, GradientResult, Rule } from "./rule.js";
