import * as tf from "@tensorflow/tfjs-core";
import type { Network, Weights, WeightTensor } from "../../networks/network.js";
import { dropoutNodes, type DropoutMask } from "../dropout-masks.js";
import type { ImageBatch, LabelledBatch, StepResult, TrainingOptions } from "../engine.js";
import { fromEngineLayout, layoutsOf, toEngineLayout, type ParameterLayout } from "../layouts.js";
import type { Operations, Variables } from "../operations.js";
import { differentiate, evaluate, trainingStep } from "../step.js";
import { Recorder, runProgram, type Program, type Register } from "./program.js";

/** A labelled batch with the dropout masks drawn for it, by node name. */
export type TrainingBatch = LabelledBatch & { readonly dropoutMasks: ReadonlyMap<string, DropoutMask> };

/** A program with the registers by which it is fed and read. */
interface Recorded {
  readonly program: Program;
  readonly images: Register;
  readonly targets: Register;
  readonly learningRate: Register;
  readonly dropoutMasks: ReadonlyMap<string, Register>;
  /** Variables that the program reads, by parameter name. */
  readonly reads: ReadonlyMap<string, Register>;
  readonly results: Results<Register>;
}

interface Results<T> {
  readonly loss?: T;
  readonly logits: T;
  /** Gradients by parameter name. */
  readonly gradients: ReadonlyMap<string, T>;
  /** New values of variables by parameter name. */
  readonly assignments: ReadonlyMap<string, T>;
}

/** Trains a network with tensors of tfjs; lives in the worker thread. Every call leaves only the variables behind. */
export class Trainer {
  readonly #network: Network;
  readonly #options: TrainingOptions;
  readonly #ops: Operations<tf.Tensor>;
  readonly #layouts: readonly ParameterLayout[];
  readonly #variables = new Map<string, tf.Tensor>();
  readonly #velocities = new Map<string, tf.Tensor>();
  readonly #recorded = new Map<string, Recorded>();

  constructor(network: Network, weights: Weights, options: TrainingOptions, ops: Operations<tf.Tensor>) {
    this.#network = network;
    this.#options = options;
    this.#ops = ops;
    this.#layouts = layoutsOf(network);
    this.write(weights);
  }

  async step(batch: TrainingBatch, learningRate: number): Promise<StepResult> {
    const results = this.#run(this.#program("step", recordStep), batch, batch, learningRate);
    tf.tidy(() => {
      for (const [name, gradient] of results.gradients) this.#applyMomentum(name, gradient, learningRate);
    });
    tf.dispose([...results.gradients.values()]);
    for (const [name, value] of results.assignments) this.#assign(name, value);
    return { loss: (await take(results.loss!))[0]!, logits: await take(results.logits) };
  }

  async differentiate(
    batch: TrainingBatch,
  ): Promise<{ loss: number; logits: Float32Array; gradients: Weights }> {
    const results = this.#run(this.#program("differentiate", recordDifferentiation), batch, batch, 0);
    const gradients = new Map<string, WeightTensor>();
    for (const [name, gradient] of results.gradients)
      gradients.set(name, await this.#inPyTorchLayout(name, gradient));
    tf.dispose([...results.gradients.values()]);
    return { loss: (await take(results.loss!))[0]!, logits: await take(results.logits), gradients };
  }

  async predict(batch: ImageBatch): Promise<Float32Array> {
    return take(this.#run(this.#program("predict", recordEvaluation), batch, undefined, 0).logits);
  }

  async read(): Promise<Weights> {
    const weights = new Map<string, WeightTensor>();
    for (const [name, value] of this.#variables) weights.set(name, await this.#inPyTorchLayout(name, value));
    return weights;
  }

  write(weights: Weights): void {
    for (const layout of this.#layouts) {
      const data = toEngineLayout(weights.get(layout.name)!.data, layout);
      this.#assign(layout.name, tf.tensor(data, [...layout.engineShape]));
    }
    tf.dispose([...this.#velocities.values()]);
    this.#velocities.clear();
  }

  dispose(): void {
    tf.dispose([...this.#variables.values(), ...this.#velocities.values()]);
    this.#variables.clear();
    this.#velocities.clear();
  }

  #program(name: string, record: (network: Network, options: TrainingOptions) => Recorded): Recorded {
    let recorded = this.#recorded.get(name);
    if (!recorded) {
      recorded = record(this.#network, this.#options);
      this.#recorded.set(name, recorded);
    }
    return recorded;
  }

  /** Feeds and runs a program; the results are the caller's to dispose of. */
  #run(
    recorded: Recorded,
    images: ImageBatch,
    labelled: TrainingBatch | undefined,
    learningRate: number,
  ): Results<tf.Tensor> {
    const { size, height, width, pixels } = images;
    const fed = new Map<Register, tf.Tensor>([
      [recorded.images, tf.tensor(Float32Array.from(pixels), [size, height, width, 3])],
      [recorded.learningRate, tf.scalar(learningRate)],
    ]);
    if (labelled) {
      fed.set(recorded.targets, tf.tensor(labelled.targets, [size, labelled.targets.length / size]));
      for (const [node, { shape, values }] of labelled.dropoutMasks) {
        fed.set(recorded.dropoutMasks.get(node)!, tf.tensor(values, [...shape]));
      }
    }
    const registers = new Map(fed);
    for (const [name, register] of recorded.reads) registers.set(register, this.#variables.get(name)!);
    try {
      runProgram(recorded.program, this.#ops, registers, (tensor) => {
        tensor.dispose();
      });
    } finally {
      tf.dispose([...fed.values()]);
    }
    return mapResults(recorded.results, (register) => registers.get(register)!);
  }

  /** `v = momentum * v + g; w -= learningRate * v`, or with Nesterov `w -= learningRate * (g + momentum * v)`. */
  #applyMomentum(name: string, gradient: tf.Tensor, learningRate: number): void {
    const { momentum, nesterov } = this.#options;
    const before = this.#velocities.get(name);
    const velocity = before ? tf.add(tf.mul(before, momentum), gradient) : tf.clone(gradient);
    const direction = nesterov ? tf.add(gradient, tf.mul(velocity, momentum)) : velocity;
    this.#assign(name, tf.keep(tf.sub(this.#variables.get(name)!, tf.mul(direction, learningRate))));
    before?.dispose();
    this.#velocities.set(name, tf.keep(velocity));
  }

  #assign(name: string, value: tf.Tensor): void {
    this.#variables.get(name)?.dispose();
    this.#variables.set(name, value);
  }

  async #inPyTorchLayout(name: string, value: tf.Tensor): Promise<WeightTensor> {
    const layout = this.#layouts.find((candidate) => candidate.name === name)!;
    return { shape: layout.shape, data: fromEngineLayout((await value.data()) as Float32Array, layout) };
  }
}

async function take(tensor: tf.Tensor): Promise<Float32Array> {
  const data = (await tensor.data()) as Float32Array;
  tensor.dispose();
  return data;
}

function recordStep(network: Network, options: TrainingOptions): Recorded {
  return record(network, options, (ops, inputs, variables) =>
    trainingStep(ops, network, variables, inputs, options),
  );
}

function recordDifferentiation(network: Network, options: TrainingOptions): Recorded {
  return record(network, options, (ops, inputs, variables) => {
    const batch = differentiate(ops, network, variables, inputs, options.trainableFrom);
    for (const [name, gradient] of batch.gradients) variables.applyMomentum(name, gradient);
    return batch;
  });
}

function recordEvaluation(network: Network, options: TrainingOptions): Recorded {
  return record(network, options, (ops, { images }, variables) => ({
    logits: evaluate(ops, network, variables, images),
  }));
}

/** Collects what a step does to its variables, for the trainer to do after the program. */
class RecordedVariables implements Variables<Register> {
  readonly reads = new Map<string, Register>();
  readonly gradients = new Map<string, Register>();
  readonly assignments = new Map<string, Register>();
  readonly #recorder: Recorder;

  constructor(recorder: Recorder) {
    this.#recorder = recorder;
  }

  read(name: string): Register {
    let register = this.reads.get(name);
    if (register === undefined) {
      register = this.#recorder.input();
      this.reads.set(name, register);
    }
    return register;
  }

  assign(name: string, value: Register): void {
    this.assignments.set(name, value);
  }

  applyMomentum(name: string, gradient: Register): void {
    this.gradients.set(name, gradient);
  }
}

function record(
  network: Network,
  options: TrainingOptions,
  compute: (
    ops: Recorder,
    inputs: {
      images: Register;
      targets: Register;
      learningRate: Register;
      dropoutMasks: Map<string, Register>;
    },
    variables: RecordedVariables,
  ) => { loss?: Register; logits: Register },
): Recorded {
  const recorder = new Recorder();
  const variables = new RecordedVariables(recorder);
  const masks = dropoutNodes(network, options.trainableFrom).map(
    ({ name }) => [name, recorder.input()] as const,
  );
  const inputs = {
    images: recorder.input(),
    targets: recorder.input(),
    learningRate: recorder.input(),
    dropoutMasks: new Map(masks),
  };
  const { loss, logits } = compute(recorder, inputs, variables);
  const { reads, gradients, assignments } = variables;
  const results = { ...(loss === undefined ? {} : { loss }), logits, gradients, assignments };
  const wanted = [
    ...gradients.values(),
    ...assignments.values(),
    logits,
    ...(loss === undefined ? [] : [loss]),
  ];
  return { ...inputs, program: recorder.program(wanted), reads, results };
}

function mapResults<A, B>(
  { loss, logits, gradients, assignments }: Results<A>,
  change: (value: A) => B,
): Results<B> {
  const mapped = (values: ReadonlyMap<string, A>): Map<string, B> =>
    new Map([...values].map(([name, value]) => [name, change(value)]));
  return {
    ...(loss === undefined ? {} : { loss: change(loss) }),
    logits: change(logits),
    gradients: mapped(gradients),
    assignments: mapped(assignments),
  };
}
