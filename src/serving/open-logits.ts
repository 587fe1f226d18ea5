import { join } from "node:path";

import type { ImageBatch } from "../engine/engine.js";
import { openInference } from "../engine/index.js";
import { readOnnxBytes } from "../engine/onnx-model.js";
import type { ServedFiles } from "./inference-messages.js";

/** Runs a batch of images; gives logits, row-major `[batch, labels]`. */
export type LogitsRunner = (batch: ImageBatch) => Promise<Float32Array>;

/**
 * Opens a bundle's network.
 *
 * @throws {@link FileError} when onnxruntime cannot run it, or it keeps weights in other files: the bundle's hashes say
 *   nothing about those.
 */
export async function openLogits(served: ServedFiles, threads: number): Promise<LogitsRunner> {
  const { path, manifest, onnx } = served;
  const model = readOnnxBytes(join(path, "model.onnx"), onnx);
  if (manifest.model["onnx"] !== undefined) {
    // A network from elsewhere knows nothing of the labels: its features go through the learner.
    const { openLinearScores } = await import("../classifiers/linear-scores.js");
    return openLinearScores({ ...served, model }, threads);
  }
  const session = await openInference(onnx, { outputs: ["logits"], threads });
  return async (batch) => (await session.run(batch)).get("logits")!.data;
}
