import type { Network, Weights } from "../../networks/network.js";
import type { Engine, TrainingOptions, TrainingSession } from "../engine.js";
import type { TensorFlowInstallation } from "../setup/installation.js";
import { WorkerClient } from "../worker-client.js";
import type { WorkerCalls } from "./protocol.js";
import { TensorFlowSession } from "./session.js";

/** Starts TensorFlow in a thread of its own. */
export async function createTensorFlowEngine(installation: TensorFlowInstallation): Promise<Engine> {
  // TensorFlow reads this from the process, not from the thread: without it every start prints a page of notices.
  process.env["TF_CPP_MIN_LOG_LEVEL"] ??= "2";
  const worker = new WorkerClient<WorkerCalls>(new URL("./worker.js", import.meta.url), "TensorFlow");
  try {
    const { version, gpu } = await worker.call("load", { bindingPath: installation.bindingPath });
    return new TensorFlowEngine(worker, `TensorFlow ${version} on ${gpu ? "NVIDIA GPU" : "CPU"}`);
  } catch (error) {
    await worker.terminate();
    throw error;
  }
}

class TensorFlowEngine implements Engine {
  readonly name = "tensorflow";
  readonly description: string;
  readonly #worker: WorkerClient<WorkerCalls>;

  constructor(worker: WorkerClient<WorkerCalls>, description: string) {
    this.#worker = worker;
    this.description = description;
  }

  createSession(network: Network, weights: Weights, options: TrainingOptions): Promise<TrainingSession> {
    return TensorFlowSession.create(this.#worker, network, weights, options);
  }

  dispose(): Promise<void> {
    return this.#worker.terminate();
  }
}
