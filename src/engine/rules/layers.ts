import type {
  ActivationNode,
  AddNode,
  DenseNode,
  DropoutNode,
  GlobalAveragePoolNode,
  InputNode,
  MaxPoolNode,
  NormalizationNode,
} from "../../networks/network.js";
import type { Rule } from "./rule.js";

/** Pixels; whoever runs the network provides them. */
export const input: Rule<InputNode> = {
  forward: (_ops, _node, { inputs }) => ({ output: inputs[0]! }),
};

/** Fixed, and next to the pixels: nothing below it learns. */
export const normalization: Rule<NormalizationNode> = {
  forward(ops, node, { inputs }) {
    const mean = ops.constant(node.mean, [3]);
    const inverse = ops.constant(
      node.standardDeviation.map((deviation) => 1 / deviation),
      [3],
    );
    return { output: ops.multiply(ops.subtract(inputs[0]!, mean), inverse) };
  },
};

export const activation: Rule<ActivationNode> = {
  forward: (ops, node, { inputs }) => ({
    output: node.function === "relu6" ? ops.relu6(inputs[0]!) : ops.relu(inputs[0]!),
  }),
  gradient: (ops, node, { gradient, output }) => ({
    inputs: [
      node.function === "relu6" ? ops.relu6Gradient(gradient, output) : ops.reluGradient(gradient, output),
    ],
  }),
};

export const maxPool: Rule<MaxPoolNode> = {
  forward: (ops, node, { inputs }) => ({ output: ops.maxPool(inputs[0]!, node) }),
  gradient: (ops, node, { inputs, output, gradient }) => ({
    inputs: [ops.maxPoolGradient(gradient, inputs[0]!, output, node)],
  }),
};

export const globalAveragePool: Rule<GlobalAveragePoolNode> = {
  forward: (ops, _node, { inputs }) => ({ output: ops.globalAveragePool(inputs[0]!) }),
  gradient: (ops, _node, { inputs, gradient }) => ({
    inputs: [ops.globalAveragePoolGradient(gradient, inputs[0]!)],
  }),
};

export const add: Rule<AddNode> = {
  forward: (ops, _node, { inputs }) => ({ output: ops.add(inputs[0]!, inputs[1]!) }),
  gradient: (_ops, _node, { gradient }) => ({ inputs: [gradient, gradient] }),
};

export const dropout: Rule<DropoutNode> = {
  forward: (ops, _node, { inputs, dropoutMask }) => ({
    output: dropoutMask === undefined ? inputs[0]! : ops.multiply(inputs[0]!, dropoutMask),
  }),
  gradient: (ops, _node, { gradient, dropoutMask }) => ({
    inputs: [dropoutMask === undefined ? gradient : ops.multiply(gradient, dropoutMask)],
  }),
};

export const dense: Rule<DenseNode> = {
  forward: (ops, _node, { inputs, parameter }) => ({
    output: ops.add(ops.matMul(inputs[0]!, parameter("weight"), false, false), parameter("bias")),
  }),
  gradient: (ops, _node, { inputs, parameter, gradient, wantsInputs }) => ({
    inputs: wantsInputs ? [ops.matMul(gradient, parameter("weight"), false, true)] : [],
    parameters: {
      weight: ops.matMul(inputs[0]!, gradient, true, false),
      bias: ops.sumToChannels(gradient),
    },
  }),
};
