import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { processSettingsName } from "../setup/installation.js";

/** What `tensorDataSync` and `createTensor` move, in this engine. */
export type TensorData = Float32Array | Int32Array | Uint8Array;

interface TensorMetadata {
  readonly id: number;
  readonly shape: readonly number[];
}

/** The part of `@tensorflow/tfjs-node`'s native binding that is used here. */
export interface Binding {
  createTensor(shape: readonly number[], dtype: number, data: TensorData): number;
  deleteTensor(id: number): void;
  tensorDataSync(id: number): TensorData;
  loadSavedModel(folder: string, tags: string): number;
  deleteSavedModel(id: number): void;
  /** Runs the session: feeds and fetches are `node:index`, separated by commas. Blocks until done. */
  runSavedModel(
    id: number,
    feedTensorIds: readonly number[],
    feeds: string,
    fetches: string,
  ): TensorMetadata[];
  isUsingGpuDevice(): boolean;
  readonly TF_Version: string;
}

export function loadBinding(path: string): Binding {
  const require = createRequire(import.meta.url);
  require(join(dirname(path), processSettingsName));
  return require(path) as Binding;
}
