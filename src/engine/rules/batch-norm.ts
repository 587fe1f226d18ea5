import type { BatchNormNode } from "../../networks/network.js";
import type { Operations } from "../operations.js";
import type { Rule } from "./rule.js";

/**
 * Batch normalisation (Ioffe and Szegedy 2015, algorithm 1).
 *
 * There is no gradient in evaluation mode: only a frozen stage evaluates during training, and no gradient enters one.
 */
export const batchNorm: Rule<BatchNormNode> = {
  forward(ops, node, { inputs, parameter, training }) {
    const x = inputs[0]!;
    const scale = parameter("weight");
    const offset = parameter("bias");
    const mean = parameter("running_mean");
    const variance = parameter("running_var");
    if (!training) return { output: ops.batchNormInference(x, scale, offset, mean, variance, node.epsilon) };
    const result = ops.batchNormTraining(x, scale, offset, node.epsilon);
    return {
      output: result.output,
      saved: result.saved,
      statistics: {
        running_mean: blend(ops, mean, result.batchMean, node.momentum),
        running_var: blend(ops, variance, result.batchVariance, node.momentum),
      },
    };
  },

  gradient(ops, node, { inputs, parameter, saved, gradient }) {
    const gradients = ops.batchNormGradient(gradient, inputs[0]!, parameter("weight"), saved, node.epsilon);
    return { inputs: [gradients.x], parameters: { weight: gradients.scale, bias: gradients.offset } };
  },
};

/** `(1 - momentum) * running + momentum * batch`. */
function blend<T>(ops: Operations<T>, running: T, batch: T, momentum: number): T {
  return ops.add(
    ops.multiply(running, ops.constant([1 - momentum], [])),
    ops.multiply(batch, ops.constant([momentum], [])),
  );
}
