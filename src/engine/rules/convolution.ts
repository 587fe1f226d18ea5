import type { ConvolutionNode } from "../../networks/network.js";
import type { Rule } from "./rule.js";

/** Dense and depthwise convolution. */
export const convolution: Rule<ConvolutionNode> = {
  forward(ops, node, { inputs, parameter }) {
    const output = ops.convolution(inputs[0]!, parameter("weight"), node);
    return { output: node.bias ? ops.add(output, parameter("bias")) : output };
  },

  gradient(ops, node, { inputs, parameter, gradient, wantsInputs }) {
    const x = inputs[0]!;
    const filter = parameter("weight");
    return {
      inputs: wantsInputs ? [ops.convolutionInputGradient(gradient, x, filter, node)] : [],
      parameters: {
        weight: ops.convolutionFilterGradient(gradient, x, filter, node),
        ...(node.bias && { bias: ops.sumToChannels(gradient) }),
      },
    };
  },
};
