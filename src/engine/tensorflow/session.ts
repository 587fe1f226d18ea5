import type { Network, Weights, WeightTensor } from "../../networks/network.js";
import { checkImages, checkLabelled, checkLearningRate, checkWeights } from "../batches.js";
import { channelsOf, DropoutMasks } from "../dropout-masks.js";
import type { ImageBatch, LabelledBatch, StepResult, TrainingOptions, TrainingSession } from "../engine.js";
import { fromEngineLayout, toEngineLayout } from "../layouts.js";
import type { WorkerClient } from "../worker-client.js";
import type { Feed, WorkerCalls } from "./protocol.js";
import { encodeSavedModel } from "./saved-model.js";
import { buildTrainingGraph, type TrainingGraph } from "./training-graph.js";

/** A compiled network whose variables live in a TensorFlow session of the worker thread. */
export class TensorFlowSession implements TrainingSession {
  readonly #network: Network;
  readonly #options: TrainingOptions;
  readonly #worker: WorkerClient<WorkerCalls>;
  readonly #graph: Omit<TrainingGraph, "graph">;
  readonly #session: number;
  readonly #labels: number;
  readonly #masks: DropoutMasks;

  static async create(
    worker: WorkerClient<WorkerCalls>,
    network: Network,
    weights: Weights,
    options: TrainingOptions,
  ): Promise<TensorFlowSession> {
    const { graph, ...names } = buildTrainingGraph(network, options);
    const layouts = names.parameters.map(({ layout }) => layout);
    checkWeights("Engine.createSession", network, layouts, weights);
    const session = await worker.call("open", { savedModel: encodeSavedModel(graph.nodes) });
    const result = new TensorFlowSession(worker, network, options, names, session);
    await result.writeWeights(weights);
    return result;
  }

  private constructor(
    worker: WorkerClient<WorkerCalls>,
    network: Network,
    options: TrainingOptions,
    graph: Omit<TrainingGraph, "graph">,
    session: number,
  ) {
    this.#worker = worker;
    this.#network = network;
    this.#options = options;
    this.#graph = graph;
    this.#session = session;
    this.#labels = channelsOf(network, network.nodes.at(-1)!.name);
    this.#masks = new DropoutMasks(network, options);
  }

  async trainStep(batch: LabelledBatch, learningRate: number): Promise<StepResult> {
    checkLearningRate("TrainingSession.trainStep", learningRate);
    const feeds = [
      ...this.#labelledFeeds("TrainingSession.trainStep", batch, this.#masks),
      { name: this.#graph.learningRate, shape: [], data: Float32Array.of(learningRate) },
    ];
    const { loss, logits } = this.#graph.step;
    const [lossTensor, logitsTensor] = await this.#run(feeds, [loss, logits]);
    return { loss: lossTensor![0]!, logits: logitsTensor! };
  }

  async predict(batch: ImageBatch): Promise<Float32Array> {
    checkImages("TrainingSession.predict", batch);
    const [logits] = await this.#run([this.#imageFeed(batch)], [this.#graph.prediction.logits]);
    return logits!;
  }

  async gradients(batch: LabelledBatch): Promise<{ loss: number; logits: Float32Array; gradients: Weights }> {
    const { loss, logits, gradients } = this.#graph.differentiation;
    const masks = new DropoutMasks(this.#network, this.#options);
    const feeds = this.#labelledFeeds("TrainingSession.gradients", batch, masks);
    const [lossTensor, logitsTensor, ...values] = await this.#run(feeds, [
      loss,
      logits,
      ...gradients.values(),
    ]);
    const layouts = new Map(this.#graph.parameters.map(({ layout }) => [layout.name, layout]));
    const byName = [...gradients.keys()].map((name, i): [string, WeightTensor] => {
      const layout = layouts.get(name)!;
      return [name, { shape: layout.shape, data: fromEngineLayout(values[i]!, layout) }];
    });
    return { loss: lossTensor![0]!, logits: logitsTensor!, gradients: new Map(byName) };
  }

  async readWeights(): Promise<Weights> {
    const { parameters } = this.#graph;
    const values = await this.#run(
      [],
      parameters.map(({ read }) => read),
    );
    return new Map(
      parameters.map(({ layout }, i) => [
        layout.name,
        { shape: layout.shape, data: fromEngineLayout(values[i]!, layout) },
      ]),
    );
  }

  async writeWeights(weights: Weights): Promise<void> {
    const { parameters, assignAll } = this.#graph;
    const layouts = parameters.map(({ layout }) => layout);
    checkWeights("TrainingSession.writeWeights", this.#network, layouts, weights);
    const feeds = parameters.map(({ layout, value }) => ({
      name: value,
      shape: layout.engineShape,
      data: toEngineLayout(weights.get(layout.name)!.data, layout),
    }));
    await this.#run(feeds, [assignAll]);
  }

  async dispose(): Promise<void> {
    await this.#worker.call("close", { session: this.#session });
  }

  async #run(feeds: readonly Feed[], fetches: readonly string[]): Promise<Float32Array[]> {
    const outputs = await this.#worker.call("run", { session: this.#session, feeds, fetches });
    return outputs.map(({ data }) => data as Float32Array);
  }

  #imageFeed({ size, height, width, pixels }: ImageBatch): Feed {
    const { uint8, float32 } = this.#graph.images;
    const name = pixels instanceof Uint8Array ? uint8 : float32;
    return { name, shape: [size, height, width, 3], data: pixels };
  }

  #labelledFeeds(where: string, batch: LabelledBatch, masks: DropoutMasks): Feed[] {
    checkLabelled(where, batch, this.#labels);
    return [
      this.#imageFeed(batch),
      { name: this.#graph.targets, shape: [batch.size, this.#labels], data: batch.targets },
      ...[...masks.next(batch.size)].map(([node, { shape, values }]) => ({
        name: this.#graph.dropoutMasks.get(node)!,
        shape,
        data: values,
      })),
    ];
  }
}
