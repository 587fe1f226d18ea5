import { ArgumentError } from "../../errors.js";
import type { Network, Weights } from "../../networks/network.js";
import { checkImages, checkLabelled, checkLearningRate, checkWeights } from "../batches.js";
import { channelsOf, DropoutMasks } from "../dropout-masks.js";
import type { ImageBatch, LabelledBatch, StepResult, TrainingOptions, TrainingSession } from "../engine.js";
import { layoutsOf } from "../layouts.js";
import type { WorkerClient } from "../worker-client.js";
import type { TfjsCalls } from "./protocol.js";

/** A network whose variables are tensors of tfjs in the worker thread. */
export class TfjsSession implements TrainingSession {
  readonly #network: Network;
  readonly #options: TrainingOptions;
  readonly #worker: WorkerClient<TfjsCalls>;
  readonly #session: number;
  readonly #labels: number;
  readonly #masks: DropoutMasks;

  static async create(
    worker: WorkerClient<TfjsCalls>,
    network: Network,
    weights: Weights,
    options: TrainingOptions,
  ): Promise<TfjsSession> {
    // Refuses an unknown stage before anything is sent.
    const masks = new DropoutMasks(network, options);
    if (options.precision === "bfloat16") {
      throw new ArgumentError(
        "Engine.createSession",
        "precision",
        '"float32" on this engine',
        options.precision,
        "Only the TensorFlow engine computes in bfloat16.",
      );
    }
    checkWeights("Engine.createSession", network, layoutsOf(network), weights);
    const session = await worker.call("open", { network, weights, options });
    return new TfjsSession(worker, network, options, masks, session);
  }

  private constructor(
    worker: WorkerClient<TfjsCalls>,
    network: Network,
    options: TrainingOptions,
    masks: DropoutMasks,
    session: number,
  ) {
    this.#worker = worker;
    this.#network = network;
    this.#options = options;
    this.#masks = masks;
    this.#session = session;
    this.#labels = channelsOf(network, network.nodes.at(-1)!.name);
  }

  async trainStep(batch: LabelledBatch, learningRate: number): Promise<StepResult> {
    checkLearningRate("TrainingSession.trainStep", learningRate);
    checkLabelled("TrainingSession.trainStep", batch, this.#labels);
    return this.#worker.call("step", {
      session: this.#session,
      batch: { ...batch, dropoutMasks: this.#masks.next(batch.size) },
      learningRate,
    });
  }

  async predict(batch: ImageBatch): Promise<Float32Array> {
    checkImages("TrainingSession.predict", batch);
    return this.#worker.call("predict", { session: this.#session, batch });
  }

  async gradients(batch: LabelledBatch): Promise<{ loss: number; logits: Float32Array; gradients: Weights }> {
    checkLabelled("TrainingSession.gradients", batch, this.#labels);
    const masks = new DropoutMasks(this.#network, this.#options);
    return this.#worker.call("differentiate", {
      session: this.#session,
      batch: { ...batch, dropoutMasks: masks.next(batch.size) },
    });
  }

  readWeights(): Promise<Weights> {
    return this.#worker.call("read", { session: this.#session });
  }

  async writeWeights(weights: Weights): Promise<void> {
    checkWeights("TrainingSession.writeWeights", this.#network, layoutsOf(this.#network), weights);
    await this.#worker.call("write", { session: this.#session, weights });
  }

  async dispose(): Promise<void> {
    await this.#worker.call("close", { session: this.#session });
  }
}
