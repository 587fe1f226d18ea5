import type { Network } from "../networks/index.js";
import type { TrainingHistory } from "../training/index.js";
import type { FitFacts, ReferenceLogits } from "./fitting.js";
import type { FitRecipe } from "./fit-options.js";
import type { ImageClassifierState } from "./image-classifier.js";
import type { ImageClassifierOptions, ImageClassifierSpec } from "./image-classifier-options.js";

import { openInference } from "../engine/index.js";
import { FileError, SightbookError } from "../errors.js";
import {
  toJson,
  writeBundle,
  writeOnnx,
  type Bundle,
  type BundleManifest,
  type BundlePreprocessing,
  type JsonValue,
  type ModelThresholds,
} from "../export/index.js";
import { isBaseModelName, writeSafetensors } from "../networks/index.js";
import { bundledWeights, commonParts, preparedAs } from "./bundle-parts.js";

export interface SaveOptions {
  /** What an evaluation found, to be kept with the model. */
  readonly metrics?: Readonly<Record<string, JsonValue>>;
  /**
   * The least score in [0, 1] at which a label is believed, one for all or by label; below it a server answers
   * "unknown". Default: those of the bundle that the model was loaded from, if any.
   */
  readonly thresholds?: number | ModelThresholds;
  readonly signal?: AbortSignal;
}

/** Largest difference of a logit between trainer and export that passes, as a part of the largest logit. */
const parityTolerance = 1e-4;

/** Writes the bundle of an image classifier. */
export async function saveImageClassifier(
  path: string,
  spec: ImageClassifierSpec,
  network: Network,
  state: ImageClassifierState,
  { metrics, thresholds = state.thresholds }: SaveOptions,
): Promise<void> {
  const { labels, baseModel, dropout, seed } = spec;
  const preprocessing = describePreprocessing(spec, network);
  const onnx = writeOnnx(network, state.weights, {
    labels,
    outputs: ["logits", "features", "probabilities"],
    metadata: { preprocessing: JSON.stringify(preprocessing) },
  });
  const exportDifference = state.reference && (await differenceOf(onnx, state.reference));
  if (exportDifference !== undefined && !(exportDifference <= parityTolerance)) {
    throw new SightbookError(
      `ImageClassifier.save: the exported model's logits differ from the trainer's by ${exportDifference} of the largest, more than ${parityTolerance}; nothing was written.`,
    );
  }
  await writeBundle(
    path,
    {
      ...commonParts("image-classifier", "ImageClassifier.save", labels, thresholds),
      preprocessing,
      model: { baseModel: baseModel as string, dropout, seed, trained: state.trained },
      weights: state.provenance,
      recipe: toJson(state.recipe),
      metrics: toJson({
        ...metrics,
        history: state.history,
        keptEpoch: state.keptEpoch,
        ...(exportDifference !== undefined && { exportDifference }),
      }),
    },
    new Map([
      ["weights.safetensors", writeSafetensors(state.weights)],
      ["model.onnx", onnx],
    ]),
  );
}

/** What the bundle of an image classifier says. */
export function readImageClassifier(
  path: string,
  { manifest, files }: Bundle,
): { options: ImageClassifierOptions; state: ImageClassifierState } {
  const { recipe, metrics, model } = manifest;
  const { history = [], keptEpoch = 0 } = (metrics ?? {}) as {
    history?: TrainingHistory;
    keptEpoch?: number;
  };
  return {
    options: networkOptions(path, manifest),
    state: {
      weights: bundledWeights(path, files),
      provenance: manifest.weights,
      trained: model["trained"] === true,
      history,
      keptEpoch,
      recipe: (recipe ?? undefined) as (FitRecipe & FitFacts) | undefined,
      thresholds: manifest.thresholds,
    },
  };
}

/** The options that build the same network again. */
export function networkOptions(path: string, manifest: BundleManifest): ImageClassifierOptions {
  const { labels, preprocessing, model, weights } = manifest;
  const { baseModel, dropout, seed } = model;
  if (typeof baseModel !== "string" || !isBaseModelName(baseModel)) {
    throw new FileError(path, `its base model ${JSON.stringify(baseModel)} is unknown`, "Update Sightbook.");
  }
  return {
    labels,
    baseModel,
    ...preparedAs(preprocessing),
    dropout: dropout as number,
    seed: seed as number,
    weights: weights.requested,
  };
}

/** The preparation of images with the normalisation that the ONNX model has inside. */
export function describePreprocessing(
  { preprocessing }: ImageClassifierSpec,
  network: Network,
): BundlePreprocessing {
  const { mean, standardDeviation } = network.nodes.find((node) => node.kind === "normalization")!;
  return {
    ...preprocessing,
    interpolation: preprocessing.interpolation ?? "bilinear",
    mean,
    standardDeviation,
  };
}

async function differenceOf(onnx: Uint8Array, reference: ReferenceLogits): Promise<number> {
  const session = await openInference(onnx, { outputs: ["logits"] });
  try {
    const { data } = (await session.run(reference)).get("logits")!;
    let scale = 1;
    let largest = 0;
    reference.logits.forEach((expected, index) => {
      scale = Math.max(scale, Math.abs(expected));
      largest = Math.max(largest, Math.abs(data[index]! - expected));
    });
    return largest / scale;
  } finally {
    await session.dispose();
  }
}
