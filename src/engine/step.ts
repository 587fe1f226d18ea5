import { ArgumentError } from "../errors.js";
import { inputsOf, parametersOf, stagesOf, type Network, type NetworkNode } from "../networks/network.js";
import type { TrainingOptions } from "./engine.js";
import type { Operations, Variables } from "./operations.js";
import { ruleOf, type ForwardContext, type ForwardResult } from "./rules/index.js";

/** What one batch brings to a step. */
export interface StepInputs<T> {
  /** `[batch, height, width, 3]`, 0 to 255. */
  readonly images: T;
  /** `[batch, labels]`, each row summing to 1. */
  readonly targets: T;
  /** By name of the dropout node, see `dropout-masks.ts`. */
  readonly dropoutMasks: ReadonlyMap<string, T>;
}

/** Loss and gradients of a batch in training mode. */
export interface DifferentiatedBatch<T> {
  /** Mean softmax cross-entropy, a scalar. */
  readonly loss: T;
  readonly logits: T;
  /** Of the loss, by name of each learned parameter of the stages that train. */
  readonly gradients: ReadonlyMap<string, T>;
  /** New values of the running statistics of the stages that train. */
  readonly statistics: ReadonlyMap<string, T>;
}

interface Trace<T> extends ForwardResult<T> {
  readonly node: NetworkNode;
  readonly context: ForwardContext<T>;
}

/** The logits of a batch in evaluation mode. */
export function evaluate<T>(
  ops: Operations<T>,
  network: Network,
  variables: Pick<Variables<T>, "read">,
  images: T,
): T {
  const traces = forward(ops, network, variables, images, new Set(), new Map<string, T>());
  return outputOf(network, traces);
}

/**
 * Forward and backward pass of a batch.
 *
 * Gradients flow only where something that learns lies below: not into frozen stages, nor into the pixels.
 */
export function differentiate<T>(
  ops: Operations<T>,
  network: Network,
  variables: Pick<Variables<T>, "read">,
  inputs: StepInputs<T>,
  trainableFrom?: string,
): DifferentiatedBatch<T> {
  const stages = trainableStages(network, trainableFrom);
  const traces = forward(ops, network, variables, inputs.images, stages, inputs.dropoutMasks);
  const logits = outputOf(network, traces);
  const { loss, gradient } = ops.softmaxCrossEntropy(logits, inputs.targets);
  return {
    loss,
    logits,
    gradients: backward(ops, network, traces, gradient, stages),
    statistics: statisticsOf(traces),
  };
}

/** A whole training step: {@link differentiate}, L2, the update of each learned parameter, the running statistics. */
export function trainingStep<T>(
  ops: Operations<T>,
  network: Network,
  variables: Variables<T>,
  inputs: StepInputs<T> & { readonly learningRate: T },
  options: Pick<TrainingOptions, "trainableFrom" | "l2">,
): DifferentiatedBatch<T> {
  const batch = differentiate(ops, network, variables, inputs, options.trainableFrom);
  const decaying = new Set(parametersOf(network).flatMap(({ decay, name }) => (decay ? [name] : [])));
  for (const [name, gradient] of batch.gradients) {
    const regularised =
      options.l2 !== 0 && decaying.has(name)
        ? ops.add(gradient, ops.multiply(variables.read(name), ops.constant([options.l2], [])))
        : gradient;
    variables.applyMomentum(name, regularised, inputs.learningRate);
  }
  for (const [name, value] of batch.statistics) variables.assign(name, value);
  return batch;
}

/** The stages that learn: `trainableFrom` and all after it. */
export function trainableStages(network: Network, trainableFrom?: string): ReadonlySet<string> {
  const stages = stagesOf(network);
  const first = trainableFrom === undefined ? 0 : stages.indexOf(trainableFrom);
  if (first < 0) {
    throw new ArgumentError(
      "Engine.createSession",
      "trainableFrom",
      `a stage of ${network.name} (${stages.join(", ")})`,
      trainableFrom,
    );
  }
  return new Set(stages.slice(first));
}

function forward<T>(
  ops: Operations<T>,
  network: Network,
  variables: Pick<Variables<T>, "read">,
  images: T,
  stages: ReadonlySet<string>,
  dropoutMasks: ReadonlyMap<string, T>,
): Map<string, Trace<T>> {
  const traces = new Map<string, Trace<T>>();
  for (const node of network.nodes) {
    const training = stages.has(node.stage);
    const dropoutMask = training ? dropoutMasks.get(node.name) : undefined;
    const context: ForwardContext<T> = {
      inputs: node.kind === "input" ? [images] : inputsOf(node).map((name) => traces.get(name)!.output),
      parameter: (suffix) => variables.read(`${node.name}.${suffix}`),
      training,
      ...(dropoutMask !== undefined && { dropoutMask }),
    };
    traces.set(node.name, { node, context, ...ruleOf(node).forward(ops, node, context) });
  }
  return traces;
}

function backward<T>(
  ops: Operations<T>,
  network: Network,
  traces: ReadonlyMap<string, Trace<T>>,
  outputGradient: T,
  stages: ReadonlySet<string>,
): Map<string, T> {
  const learning = nodesAboveLearning(network, stages);
  const parameterGradients = new Map<string, T>();
  const gradients = new Map<string, T>([[network.nodes.at(-1)!.name, outputGradient]]);
  for (const node of network.nodes.toReversed()) {
    const gradient = gradients.get(node.name);
    if (gradient === undefined || !learning.has(node.name)) continue;
    const rule = ruleOf(node);
    if (rule.gradient === undefined) throw new TypeError(`No gradient rule for ${node.kind} (${node.name}).`);
    const trace = traces.get(node.name)!;
    const inputNames = inputsOf(node);
    const result = rule.gradient(ops, node, {
      ...trace.context,
      output: trace.output,
      saved: trace.saved ?? [],
      gradient,
      wantsInputs: inputNames.some((name) => learning.has(name)),
    });
    gradients.delete(node.name);
    for (const [suffix, value] of Object.entries(result.parameters ?? {})) {
      parameterGradients.set(`${node.name}.${suffix}`, value);
    }
    for (const [i, value] of result.inputs.entries()) {
      const name = inputNames[i]!;
      if (!learning.has(name)) continue;
      const sum = gradients.get(name);
      gradients.set(name, sum === undefined ? value : ops.add(sum, value));
    }
  }
  return parameterGradients;
}

/** Names of the nodes that learn, or that a learning node lies below. */
function nodesAboveLearning(network: Network, stages: ReadonlySet<string>): Set<string> {
  const withParameters = new Set(parametersOf(network).map(({ node }) => node));
  const learning = new Set<string>();
  for (const node of network.nodes) {
    const learns = stages.has(node.stage) && withParameters.has(node.name);
    if (learns || inputsOf(node).some((name) => learning.has(name))) learning.add(node.name);
  }
  return learning;
}

function statisticsOf<T>(traces: ReadonlyMap<string, Trace<T>>): Map<string, T> {
  const statistics = new Map<string, T>();
  for (const [name, trace] of traces) {
    for (const [suffix, value] of Object.entries(trace.statistics ?? {})) {
      statistics.set(`${name}.${suffix}`, value);
    }
  }
  return statistics;
}

function outputOf<T>(network: Network, traces: ReadonlyMap<string, Trace<T>>): T {
  return traces.get(network.nodes.at(-1)!.name)!.output;
}
