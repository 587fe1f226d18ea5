import type { BatchRunner } from "./image-scoring.js";

/** A network as onnxruntime runs it. */
export interface Runner {
  readonly run: BatchRunner;
  dispose(): Promise<void>;
}

/** What a network is asked for: an output of its ONNX model. */
export type RunnerOutput = "logits" | "features";

/** One runner for each output, opened by the first call that needs it and kept until the weights change. */
export class Runners {
  #runners = new Map<RunnerOutput, Promise<Runner>>();

  /** @param open - Opens a runner. When it fails, the next call tries again. */
  get(output: RunnerOutput, open: () => Promise<Runner>): Promise<Runner> {
    let runner = this.#runners.get(output);
    if (runner === undefined) {
      runner = open();
      this.#runners.set(output, runner);
      runner.catch(() => this.#runners.delete(output));
    }
    return runner;
  }

  /** Frees the threads of all; the next call opens anew. */
  async close(): Promise<void> {
    const runners = [...this.#runners.values()];
    this.#runners = new Map();
    for (const runner of runners) await (await runner).dispose();
  }
}
