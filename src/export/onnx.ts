import {
  encodeOnnx,
  OnnxDataType,
  type OnnxEntry,
  type OnnxNode,
  type OnnxTensor,
  type OnnxValueInfo,
} from "../engine/onnx-format.js";
import { ArgumentError } from "../errors.js";
import { inputsOf, parametersOf, type Network, type NetworkNode, type Weights } from "../networks/network.js";
import { sightbookVersion } from "../version.js";
import { foldBatchNorms } from "./batch-norm-folding.js";
import { inferenceNodes } from "./inference-network.js";
import { int, onnxPieces } from "./onnx-nodes.js";

/** Name of the graph's input: float32 `[batch, height, width, 3]`, RGB, 0 to 255. */
export const onnxInputName = "images";

/** `logits` `[batch, labels]`, `features` `[batch, features]` (what feeds the head), `probabilities` (softmax of the logits). */
export type OnnxOutput = "logits" | "features" | "probabilities";

export interface OnnxOptions {
  /** Label names in the order of the logits, kept in the file's metadata as the JSON text `labels`. */
  readonly labels?: readonly string[];
  /** Default: `["logits"]`. What no output needs is left out of the file. */
  readonly outputs?: readonly OnnxOutput[];
  /** Merge each batch norm into the convolution before it: same numbers to rounding, fewer operators. Default: true. */
  readonly foldBatchNorm?: boolean;
  /** Further entries of the file's metadata, such as the preprocessing as JSON text. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** Operator set 18 (ONNX 1.13): read by onnxruntime since 1.14; its IR version is 8. */
const opset = 18;
const irVersion = 8;

/**
 * Writes a network as an ONNX model, in evaluation mode.
 *
 * The one input is `images`, float32 `[batch, height, width, 3]`, RGB from 0 to 255, every dimension but the last
 * free; the network's normalisation is inside the graph, so that whoever scores an image only resizes it.
 *
 * @param weights - Every parameter and statistic of the network; with `outputs: ["features"]` the head's are not needed.
 * @returns The file's bytes.
 * @throws {@link ArgumentError} when a weight is missing or has another shape than the network's, or when the number of
 *   `labels` is not that of the logits.
 */
export function writeOnnx(network: Network, weights: Weights, options: OnnxOptions = {}): Uint8Array {
  const outputs = options.outputs ?? ["logits"];
  checkOutputs(outputs);
  const last = network.nodes.at(-1)!;
  const inference = inferenceNodes(
    network,
    outputs.map((output) => (output === "features" ? network.featureNode : last.name)),
  );
  checkWeights({ ...network, nodes: inference.nodes }, weights);
  checkLabels(network, options.labels);
  const { nodes, targets, ...folded } =
    options.foldBatchNorm === false
      ? { ...inference, weights }
      : foldBatchNorms(inference.nodes, weights, inference.targets);

  const graph = graphOf(nodes, folded.weights);
  for (const [i, output] of outputs.entries()) {
    const input = [tensorOf(targets[i]!)];
    graph.nodes.push(
      output === "probabilities"
        ? {
            name: `output.${output}`,
            opType: "Softmax",
            input,
            output: [output],
            attribute: [int("axis", 1)],
          }
        : { name: `output.${output}`, opType: "Identity", input, output: [output] },
    );
  }
  return encodeOnnx({
    irVersion,
    opsetImport: [{ domain: "", version: opset }],
    producerName: "sightbook",
    producerVersion: sightbookVersion(),
    docString: `${network.name}: RGB images, 0 to 255, [batch, height, width, 3], to ${outputs.join(", ")}.`,
    graph: {
      name: network.name,
      node: graph.nodes,
      initializer: graph.initializers,
      input: [valueInfo(onnxInputName, ["batch", "height", "width", 3])],
      output: outputs.map((output, i) => valueInfo(output, ["batch", widthOf(nodes, targets[i]!)])),
    },
    metadataProps: metadataOf(options),
  });
}

/** The operators of all nodes in order, reading `images`. */
function graphOf(
  nodes: readonly NetworkNode[],
  weights: Weights,
): { nodes: OnnxNode[]; initializers: OnnxTensor[] } {
  const pieces = nodes.map((node) => onnxPieces(node, weights, { images: onnxInputName, tensorOf }));
  return {
    nodes: pieces.flatMap((piece) => piece.nodes),
    initializers: pieces.flatMap((piece) => piece.initializers),
  };
}

/** A node's output is the tensor of its name, except where that is the name of an input or output of the file. */
function tensorOf(node: string): string {
  return node === onnxInputName || isOnnxOutput(node) ? `${node}.inner` : node;
}

function metadataOf({ labels, metadata }: OnnxOptions): OnnxEntry[] {
  const entries = { ...(labels ? { labels: JSON.stringify(labels) } : {}), ...metadata };
  return Object.entries(entries).map(([key, value]) => ({ key, value }));
}

function valueInfo(name: string, shape: readonly (string | number)[]): OnnxValueInfo {
  const dim = shape.map((size) => (typeof size === "number" ? { dimValue: size } : { dimParam: size }));
  return { name, type: { tensorType: { elemType: OnnxDataType.float32, shape: { dim } } } };
}

/** Number of channels or features that a node gives. */
function widthOf(nodes: readonly NetworkNode[], name: string): number {
  const node = nodes.find((candidate) => candidate.name === name)!;
  switch (node.kind) {
    case "input":
      return 3;
    case "convolution":
      return node.filters;
    case "dense":
      return node.units;
    default:
      return widthOf(nodes, inputsOf(node)[0]!);
  }
}

const isOnnxOutput = (name: string): boolean =>
  name === "logits" || name === "features" || name === "probabilities";

function checkOutputs(outputs: readonly OnnxOutput[]): void {
  if (outputs.length > 0 && new Set(outputs).size === outputs.length && outputs.every(isOnnxOutput)) return;
  throw new ArgumentError(
    "writeOnnx",
    "outputs",
    'one or more of "logits", "features" and "probabilities", each once',
    outputs,
  );
}

function checkLabels(network: Network, labels: readonly string[] | undefined): void {
  const width = widthOf(network.nodes, network.nodes.at(-1)!.name);
  if (!labels || labels.length === width) return;
  throw new ArgumentError(
    "writeOnnx",
    "labels",
    `${width} names, one for each score of ${network.name}`,
    labels,
  );
}

/** @throws {@link ArgumentError} that names the first tensor that is missing or differs, and both shapes. */
function checkWeights(network: Network, weights: Weights): void {
  for (const { name, shape } of parametersOf(network)) {
    const found = weights.get(name);
    if (found && sameShape(found.shape, shape) && found.data.length === sizeOf(shape)) continue;
    throw new ArgumentError(
      "writeOnnx",
      `weights "${name}"`,
      `a tensor of shape [${shape.join(", ")}]`,
      found ? `[${found.shape.join(", ")}] with ${found.data.length} elements` : undefined,
      `The network is ${network.name}.`,
    );
  }
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

const sameShape = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((size, i) => size === b[i]);
