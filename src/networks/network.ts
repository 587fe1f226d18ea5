/**
 * A network is data: a list of nodes in topological order, nothing that executes.
 *
 * Everything that runs, prints, exports or loads a network reads this description. Activations are thought of
 * as `[batch, height, width, channels]`; parameters are stored in PyTorch's layout (see {@link Weights}), and an
 * engine that wants another layout converts at its own border.
 */
export interface Network {
  /** Public name, such as `"ResNet18"`. */
  readonly name: string;
  /** Nodes in topological order; the first is the only `input` node, the last one gives the output. */
  readonly nodes: readonly NetworkNode[];
  /** Name of the node whose output `[batch, features]` feeds the head: what a featuriser reads. */
  readonly featureNode: string;
}

interface NodeBase {
  /** Unique in its network; parameters are named `<name>.weight`, `<name>.bias` and so on. */
  readonly name: string;
  /** Part of the network this node belongs to, in order: `"stem"`, `"layer1"`, ..., `"head"`; freezing goes by stage. */
  readonly stage: string;
}

/** Where pixels enter: RGB, values 0 to 255, `[batch, height, width, 3]`, any height and width from 32. */
export interface InputNode extends NodeBase {
  readonly kind: "input";
}

/** `(x - mean) / standardDeviation`, per channel, in pixel units (0 to 255). */
export interface NormalizationNode extends NodeBase {
  readonly kind: "normalization";
  readonly input: string;
  readonly mean: readonly [number, number, number];
  readonly standardDeviation: readonly [number, number, number];
}

/**
 * Zero padding of a convolution or pooling window: a number of pixels on every side (PyTorch), or `"same"`, which
 * gives `ceil(size / stride)` outputs and puts the odd pixel below and to the right (TensorFlow).
 */
export type Padding = number | "same";

/** 2-D convolution; parameters `weight` `[filters, channels / groups, height, width]` and, if `bias`, `bias` `[filters]`. */
export interface ConvolutionNode extends NodeBase {
  readonly kind: "convolution";
  readonly input: string;
  readonly channels: number;
  readonly filters: number;
  readonly kernelSize: number;
  readonly stride: number;
  readonly padding: Padding;
  /** 1, or `channels` for a depthwise convolution (then `filters` equals `channels`). */
  readonly groups: number;
  readonly bias: boolean;
}

/**
 * Batch normalisation over batch, height and width.
 *
 * Parameters `weight`, `bias`, and the statistics `running_mean` and `running_var`, all `[channels]`. In training
 * mode the statistics move by `momentum` (PyTorch's sense: `running = (1 - momentum) * running + momentum * batch`,
 * the batch variance being the unbiased one); a frozen node always uses them as they are.
 */
export interface BatchNormNode extends NodeBase {
  readonly kind: "batchNorm";
  readonly input: string;
  readonly channels: number;
  readonly epsilon: number;
  readonly momentum: number;
}

/** `relu` is `max(x, 0)`, `relu6` is `min(max(x, 0), 6)`. */
export interface ActivationNode extends NodeBase {
  readonly kind: "activation";
  readonly input: string;
  readonly function: "relu" | "relu6";
}

/** Maximum over a window; padding never wins. */
export interface MaxPoolNode extends NodeBase {
  readonly kind: "maxPool";
  readonly input: string;
  readonly kernelSize: number;
  readonly stride: number;
  readonly padding: Padding;
}

/** Mean over height and width: `[batch, height, width, channels]` to `[batch, channels]`. */
export interface GlobalAveragePoolNode extends NodeBase {
  readonly kind: "globalAveragePool";
  readonly input: string;
}

/** Sum of two equal shapes: the residual connection. */
export interface AddNode extends NodeBase {
  readonly kind: "add";
  readonly inputs: readonly [string, string];
}

/** In training each value is kept with probability `1 - rate` and divided by it; in evaluation the identity. */
export interface DropoutNode extends NodeBase {
  readonly kind: "dropout";
  readonly input: string;
  readonly rate: number;
}

/** Fully connected layer on `[batch, features]`; parameters `weight` `[units, features]` and `bias` `[units]`. */
export interface DenseNode extends NodeBase {
  readonly kind: "dense";
  readonly input: string;
  readonly features: number;
  readonly units: number;
}

export type NetworkNode =
  | InputNode
  | NormalizationNode
  | ConvolutionNode
  | BatchNormNode
  | ActivationNode
  | MaxPoolNode
  | GlobalAveragePoolNode
  | AddNode
  | DropoutNode
  | DenseNode;

/** A named parameter or statistic, row-major. */
export interface WeightTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/**
 * Parameters and statistics by name, `<node name>.<weight|bias|running_mean|running_var>`, in PyTorch's layouts:
 * convolution `[out, in / groups, height, width]`, dense `[out, in]`.
 */
export type Weights = ReadonlyMap<string, WeightTensor>;

/** What a network needs to be complete: one entry per parameter or statistic. */
export interface ParameterSpec {
  readonly name: string;
  readonly node: string;
  readonly stage: string;
  readonly shape: readonly number[];
  /** Learned by gradient; false for the running statistics of batch norms. */
  readonly trainable: boolean;
  /** L2 regularisation applies: convolution and dense weights, not biases or batch norms. */
  readonly decay: boolean;
}

/** Names of the nodes that feed `node`, in order. */
export function inputsOf(node: NetworkNode): readonly string[] {
  switch (node.kind) {
    case "input":
      return [];
    case "add":
      return node.inputs;
    default:
      return [node.input];
  }
}

/** Every parameter and statistic of a network, in node order. */
export function parametersOf(network: Network): ParameterSpec[] {
  return network.nodes.flatMap((node): ParameterSpec[] => {
    const spec = (
      suffix: string,
      shape: readonly number[],
      trainable: boolean,
      decay: boolean,
    ): ParameterSpec => ({
      name: `${node.name}.${suffix}`,
      node: node.name,
      stage: node.stage,
      shape,
      trainable,
      decay,
    });
    switch (node.kind) {
      case "convolution": {
        const shape = [node.filters, node.channels / node.groups, node.kernelSize, node.kernelSize];
        return [
          spec("weight", shape, true, true),
          ...(node.bias ? [spec("bias", [node.filters], true, false)] : []),
        ];
      }
      case "batchNorm":
        return [
          spec("weight", [node.channels], true, false),
          spec("bias", [node.channels], true, false),
          spec("running_mean", [node.channels], false, false),
          spec("running_var", [node.channels], false, false),
        ];
      case "dense":
        return [
          spec("weight", [node.units, node.features], true, true),
          spec("bias", [node.units], true, false),
        ];
      default:
        return [];
    }
  });
}

/** Number of learned values, as torchvision counts them: running statistics are left out. */
export function parameterCount(network: Network): number {
  return parametersOf(network)
    .filter((parameter) => parameter.trainable)
    .reduce((total, { shape }) => total + shape.reduce((product, size) => product * size, 1), 0);
}

/** The stages of a network in order, without repeats: `["stem", "layer1", ..., "head"]`. */
export function stagesOf(network: Network): string[] {
  return [...new Set(network.nodes.map((node) => node.stage))];
}
