import type { TensorData } from "./binding.js";

/** A value for a tensor of the graph; the type of the array decides the type of the tensor. */
export interface Feed {
  /** `node:index`. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: TensorData;
}

export interface Fetched {
  readonly shape: readonly number[];
  readonly data: TensorData;
}

/** What the worker does, by name: arguments and result. */
export interface WorkerCalls {
  load: { argument: { bindingPath: string }; result: { version: string; gpu: boolean } };
  open: { argument: { savedModel: Uint8Array }; result: number };
  run: {
    argument: { session: number; feeds: readonly Feed[]; fetches: readonly string[] };
    result: Fetched[];
  };
  close: { argument: { session: number }; result: null };
}

export type WorkerCall = keyof WorkerCalls;
