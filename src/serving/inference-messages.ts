/** What the server and an inference process say to each other. */
import type { BundleManifest } from "../export/index.js";
import type { ImageStatistics } from "../images/index.js";

/** What of a bundle is needed to score. */
export interface ServedFiles {
  /** Where it was read, for messages. */
  readonly path: string;
  readonly manifest: BundleManifest;
  readonly onnx: Uint8Array;
  /** The linear learner, where the network only gives features. */
  readonly learner?: Uint8Array;
}

/** The bytes of an image file, or pixels `[height, width, 3]` of the network's own size, 0 to 255. */
export type ScoreInput = { readonly image: Uint8Array } | { readonly pixels: Uint8Array | Float32Array };

/** What an inference process is started with. */
export interface InferenceStart {
  readonly files: ServedFiles;
  /** Threads of onnxruntime. */
  readonly threads: number;
  /** Most images in one run of the network. */
  readonly maxBatch: number;
  readonly limitInputPixels: number;
  readonly decodeTimeoutMs: number;
  /** Whether to measure each image as a whole, for records. */
  readonly measuresImages: boolean;
}

/** Most images that an inference process works on side by side; others wait in it. */
export function atOnce({ threads, maxBatch }: InferenceStart): number {
  return threads + maxBatch;
}

export type ToInference =
  | { readonly kind: "start"; readonly options: InferenceStart }
  | { readonly kind: "score"; readonly id: number; readonly input: ScoreInput }
  | { readonly kind: "drop"; readonly id: number };

export type FromInference =
  | { readonly kind: "ready" }
  | { readonly kind: "failed"; readonly message: string }
  | { readonly kind: "begun"; readonly id: number }
  /** Decoding takes longer than it may. It cannot be stopped: another answer comes when the image is out of the process. */
  | { readonly kind: "late"; readonly id: number }
  | { readonly kind: "scored"; readonly id: number; readonly scores: RawScores }
  | { readonly kind: "unreadable"; readonly id: number; readonly problem: string; readonly message: string }
  | { readonly kind: "error"; readonly id: number; readonly message: string };

/** One image's result. */
export interface RawScores {
  /** Unnormalised scores in the order of the labels. */
  readonly logits: Float32Array;
  readonly decodeMs: number;
  /** Time of the run that the image was part of. */
  readonly inferenceMs: number;
  /** Images in that run. */
  readonly batchSize: number;
  readonly statistics?: ImageStatistics;
}
