import { join } from "node:path";

import type { ImageBatch } from "../engine/engine.js";
import type { OnnxBackbone } from "../engine/index.js";
import type { OnnxModel } from "../engine/onnx-format.js";
import type { BundleManifest } from "../export/index.js";

import { openOnnxBackbone } from "../engine/index.js";
import { FileError } from "../errors.js";
import { l2Normalize } from "./feature-matrix.js";
import { denseScores } from "./linear-model.js";
import { learnerOf } from "./svm-classifier-bundle.js";

/** A bundle's linear learner on the features of a network from elsewhere, read and checked. */
export interface LinearScoresParts {
  readonly path: string;
  readonly manifest: BundleManifest;
  readonly onnx: Uint8Array;
  readonly model: OnnxModel;
  readonly learner?: Uint8Array;
}

/** Scores of that learner, row-major `[batch, labels]`. */
export async function openLinearScores(
  { path, manifest, onnx, model, learner }: LinearScoresParts,
  threads: number,
): Promise<(batch: ImageBatch) => Promise<Float32Array>> {
  if (learner === undefined) {
    throw new FileError(path, "its model.json lists no learner.json", "Save the model again.");
  }
  const dense = learnerOf(path, learner).dense();
  const feed = manifest.model["feed"] as Omit<OnnxBackbone, "onnx">;
  const { imageSize } = manifest.preprocessing;
  const featurizer = await openOnnxBackbone(
    { ...feed, imageSize, threads, onnx: join(path, "model.onnx") },
    { bytes: onnx, model },
  );
  return async (batch) => {
    const features = { data: await featurizer.run(batch), rows: batch.size, columns: featurizer.featureSize };
    return Float32Array.from(denseScores(dense, l2Normalize(features)));
  };
}
