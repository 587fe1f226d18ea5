import {
  inputsOf,
  type BatchNormNode,
  type ConvolutionNode,
  type NetworkNode,
  type Weights,
  type WeightTensor,
} from "../networks/network.js";
import { redirect } from "./inference-network.js";

/**
 * Folds each batch norm that alone reads a convolution into that convolution's weights and bias: in evaluation
 * mode it is a scale and a shift per channel, `y = (x - mean) / sqrt(var + epsilon) * weight + bias`.
 *
 * A batch norm stays where another node, or a target, reads the convolution too, or where it follows something else.
 *
 * @param targets - Nodes whose output must keep its meaning. A batch norm among them becomes its convolution.
 */
export function foldBatchNorms(
  nodes: readonly NetworkNode[],
  weights: Weights,
  targets: readonly string[],
): { nodes: NetworkNode[]; weights: Weights; targets: string[] } {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const readers = new Map<string, number>();
  for (const name of [...nodes.flatMap(inputsOf), ...targets])
    readers.set(name, (readers.get(name) ?? 0) + 1);

  const folded = new Map(weights);
  const withBias = new Set<string>();
  const source = new Map<string, string>();
  for (const node of nodes) {
    if (node.kind !== "batchNorm" || readers.get(node.input) !== 1) continue;
    const convolution = byName.get(node.input);
    if (convolution?.kind !== "convolution") continue;
    const { weight, bias } = foldedConvolution(convolution, node, weights);
    folded.set(`${convolution.name}.weight`, weight);
    folded.set(`${convolution.name}.bias`, bias);
    for (const suffix of ["weight", "bias", "running_mean", "running_var"]) {
      folded.delete(`${node.name}.${suffix}`);
    }
    withBias.add(convolution.name);
    source.set(node.name, convolution.name);
  }
  return {
    nodes: nodes
      .filter((node) => !source.has(node.name))
      .map((node) => {
        const redirected = redirect(node, source);
        return redirected.kind === "convolution" && withBias.has(node.name)
          ? { ...redirected, bias: true }
          : redirected;
      }),
    weights: folded,
    targets: targets.map((target) => source.get(target) ?? target),
  };
}

/** Weight and bias of the convolution that does both; computed in double precision. */
function foldedConvolution(
  convolution: ConvolutionNode,
  norm: BatchNormNode,
  weights: Weights,
): { weight: WeightTensor; bias: WeightTensor } {
  const of = (name: string): Float32Array => weights.get(name)!.data;
  const old = weights.get(`${convolution.name}.weight`)!;
  const oldBias = convolution.bias ? of(`${convolution.name}.bias`) : undefined;
  const [gamma, beta] = [of(`${norm.name}.weight`), of(`${norm.name}.bias`)];
  const [mean, variance] = [of(`${norm.name}.running_mean`), of(`${norm.name}.running_var`)];

  const perFilter = old.data.length / convolution.filters;
  const weight = new Float32Array(old.data.length);
  const bias = new Float32Array(convolution.filters);
  for (let filter = 0; filter < convolution.filters; filter++) {
    const scale = gamma[filter]! / Math.sqrt(variance[filter]! + norm.epsilon);
    for (let i = filter * perFilter; i < (filter + 1) * perFilter; i++) weight[i] = old.data[i]! * scale;
    bias[filter] = beta[filter]! + ((oldBias?.[filter] ?? 0) - mean[filter]!) * scale;
  }
  return { weight: { shape: old.shape, data: weight }, bias: { shape: [convolution.filters], data: bias } };
}
