import type { Network } from "../../networks/network.js";
import { channelsOf, dropoutNodes } from "../dropout-masks.js";
import type { TrainingOptions } from "../engine.js";
import { layoutsOf, type ParameterLayout } from "../layouts.js";
import { evaluate, trainingStep, type StepInputs } from "../step.js";
import { DataType, GraphBuilder, tensorName, type, type GraphTensor } from "./graph.js";
import { GraphOperations } from "./operations.js";
import { GraphVariables } from "./variables.js";

/** A network compiled for training, and the names by which its session is fed and read. */
export interface TrainingGraph {
  readonly graph: GraphBuilder;
  /** Feed either the bytes (`uint8`) or the values (`float32`). */
  readonly images: { readonly uint8: string; readonly float32: string };
  readonly targets: string;
  readonly learningRate: string;
  readonly dropoutMasks: ReadonlyMap<string, string>;
  /** Fetching the loss runs the update. */
  readonly step: { readonly loss: string; readonly logits: string };
  readonly differentiation: {
    readonly loss: string;
    readonly logits: string;
    readonly gradients: ReadonlyMap<string, string>;
  };
  readonly prediction: { readonly logits: string };
  readonly parameters: readonly ParameterAccess[];
  /** Fetching it, with every parameter's `value` fed, replaces them all and resets the momentum. */
  readonly assignAll: string;
}

export interface ParameterAccess {
  readonly layout: ParameterLayout;
  readonly read: string;
  readonly value: string;
}

/** Writes one graph with everything a training session does: the step, gradients, prediction, reading and writing weights. */
export function buildTrainingGraph(network: Network, options: TrainingOptions): TrainingGraph {
  const graph = new GraphBuilder();
  const ops = new GraphOperations(graph, DataType[options.precision ?? "float32"]);
  const layouts = layoutsOf(network);
  const variables = new GraphVariables(graph, layouts, options);
  const { float32, uint8 } = pixels(graph);
  const inputs = {
    images: float32,
    targets: graph.placeholder("targets", DataType.float32, [
      -1,
      channelsOf(network, network.nodes.at(-1)!.name),
    ]),
    learningRate: graph.placeholder("learning_rate", DataType.float32, []),
    dropoutMasks: new Map(
      dropoutNodes(network, options.trainableFrom).map((node) => [
        node.name,
        graph.placeholder(`mask/${node.name}`, DataType.float32, [-1, channelsOf(network, node.input)]),
      ]),
    ),
  } satisfies StepInputs<GraphTensor> & { learningRate: GraphTensor };

  const step = graph.within("step", () => trainingStep(ops, network, variables, inputs, options));
  const updated = graph.add(
    "Identity",
    [step.loss],
    { T: type(DataType.float32) },
    {
      name: "updated_loss",
      after: variables.updates,
    },
  );
  const prediction = graph.within("prediction", () => evaluate(ops, network, variables, inputs.images));
  const { parameters, assignAll } = variables.access();
  return {
    graph,
    images: { uint8: tensorName(uint8), float32: tensorName(float32) },
    targets: tensorName(inputs.targets),
    learningRate: tensorName(inputs.learningRate),
    dropoutMasks: mapValues(inputs.dropoutMasks, tensorName),
    step: { loss: tensorName(updated), logits: tensorName(step.logits) },
    differentiation: {
      loss: tensorName(step.loss),
      logits: tensorName(step.logits),
      gradients: mapValues(step.gradients, tensorName),
    },
    prediction: { logits: tensorName(prediction) },
    parameters,
    assignAll: tensorName(assignAll),
  };
}

function pixels(graph: GraphBuilder): { uint8: GraphTensor; float32: GraphTensor } {
  const uint8 = graph.placeholder("pixels", DataType.uint8, [-1, -1, -1, 3]);
  const attributes = { SrcT: type(DataType.uint8), DstT: type(DataType.float32) };
  return { uint8, float32: graph.add("Cast", [uint8], attributes, { name: "images" }) };
}

function mapValues<A, B>(map: ReadonlyMap<string, A>, change: (value: A) => B): Map<string, B> {
  return new Map([...map].map(([key, value]) => [key, change(value)]));
}
