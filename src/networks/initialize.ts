import type { Random } from "../random.js";
import type { Network, NetworkNode, ParameterSpec, Weights, WeightTensor } from "./network.js";
import { parametersOf } from "./network.js";

/**
 * Fresh weights for a whole network, as torchvision's ResNets start.
 *
 * Convolutions are He-normal by fan-out (He et al., Delving Deep into Rectifiers, 2015), batch norms the identity, dense
 * weights and biases uniform within `1 / sqrt(features)`.
 */
export function initializeWeights(network: Network, random: Random): Weights {
  return new Map(
    parametersOf(network).map((spec) => [spec.name, initializeParameter(network, spec, random)]),
  );
}

/** A fresh value for one parameter of `network`. */
export function initializeParameter(network: Network, spec: ParameterSpec, random: Random): WeightTensor {
  const node = network.nodes.find(({ name }) => name === spec.node)!;
  const size = spec.shape.reduce((product, extent) => product * extent, 1);
  const data = new Float32Array(size);
  const suffix = spec.name.slice(spec.node.length + 1);
  const draw = sampler(node, suffix, random);
  for (let i = 0; i < size; i++) data[i] = draw();
  return { shape: spec.shape, data };
}

function sampler(node: NetworkNode, suffix: string, random: Random): () => number {
  switch (node.kind) {
    case "convolution": {
      if (suffix === "bias") return () => 0;
      const fanOut = (node.filters / node.groups) * node.kernelSize ** 2;
      const deviation = Math.sqrt(2 / fanOut);
      return () => deviation * random.normal();
    }
    case "dense": {
      const bound = 1 / Math.sqrt(node.features);
      return () => random.uniform(-bound, bound);
    }
    default:
      return () => (suffix === "weight" || suffix === "running_var" ? 1 : 0);
  }
}
