import type { ImageBatch } from "./engine.js";

/** Turns images into feature vectors: what a linear learner trains on. */
export interface Featurizer {
  /** Length of one image's features. */
  readonly featureSize: number;
  /** `[height, width]` of the images, where the network takes no other. */
  readonly imageSize?: readonly [number, number];
  /** Features of a batch, `[size, featureSize]` row-major. */
  run(batch: ImageBatch): Promise<Float32Array>;
  /** Finishes the runs already asked for and frees the network and its thread. */
  dispose(): Promise<void>;
}
