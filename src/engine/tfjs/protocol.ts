import type { Network, Weights } from "../../networks/network.js";
import type { ImageBatch, StepResult, TrainingOptions } from "../engine.js";
import type { TrainingBatch } from "./trainer.js";

export type TfjsBackend = "webgpu" | "wasm";

export interface BackendDescription {
  /** Library, version and device. */
  readonly description: string;
  /** The adapter computes on the CPU. Only webgpu. */
  readonly software: boolean;
}

/** What the worker does, by name: arguments and result. */
export interface TfjsCalls {
  load: { argument: { backend: TfjsBackend }; result: BackendDescription };
  open: { argument: { network: Network; weights: Weights; options: TrainingOptions }; result: number };
  step: {
    argument: { session: number; batch: TrainingBatch; learningRate: number };
    result: StepResult;
  };
  differentiate: {
    argument: { session: number; batch: TrainingBatch };
    result: { loss: number; logits: Float32Array; gradients: Weights };
  };
  predict: { argument: { session: number; batch: ImageBatch }; result: Float32Array };
  read: { argument: { session: number }; result: Weights };
  write: { argument: { session: number; weights: Weights }; result: null };
  close: { argument: { session: number }; result: null };
  /** Tensors alive in the thread: for tests of leaks. */
  tensors: { argument: null; result: number };
}
