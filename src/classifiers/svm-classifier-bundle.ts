import type { SvmRecipe } from "./svm-classifier.js";

import { FileError } from "../errors.js";
import {
  appendLinearHead,
  toJson,
  writeBundle,
  writeOnnx,
  type Bundle,
  type BundleDescription,
} from "../export/index.js";
import { writeSafetensors } from "../networks/index.js";
import { bundledWeights, commonParts, preparedAs, requireFile } from "./bundle-parts.js";
import { describePreprocessing, networkOptions, type SaveOptions } from "./image-classifier-bundle.js";
import { ImageClassifier } from "./image-classifier.js";
import { LinearSVC } from "./linear-svc.js";
import { LogisticRegression } from "./logistic-regression.js";
import { onnxFeaturizerOf, onnxFeaturizerParts } from "./onnx-featurizer-bundle.js";

/** Writes the bundle of a linear classifier: the featuriser, and the learner in `learner.json`. */
export async function saveSvmClassifier(
  path: string,
  model: ImageClassifier,
  learner: LinearSVC | LogisticRegression,
  recipe: SvmRecipe,
  { metrics, thresholds, signal }: SaveOptions,
): Promise<void> {
  const { files, ...featurizer } = await featurizerParts(model, learner, signal);
  await writeBundle(
    path,
    {
      ...commonParts("linear-classifier", "SvmClassifier.save", model.labels, thresholds),
      ...featurizer,
      recipe: toJson({ ...recipe, options: learner.options }),
      metrics: toJson(metrics),
    },
    new Map([["learner.json", new TextEncoder().encode(JSON.stringify(learner))], ...files]),
  );
}

type FeaturizerParts = Pick<BundleDescription, "preprocessing" | "model" | "weights"> & {
  readonly files: readonly (readonly [string, Uint8Array])[];
};

async function featurizerParts(
  model: ImageClassifier,
  learner: LinearSVC | LogisticRegression,
  signal?: AbortSignal,
): Promise<FeaturizerParts> {
  const { baseModel, preprocessing, spec, labels } = model;
  if (typeof baseModel === "string") {
    const { weights, provenance, trained } = await model.loadWeights(signal);
    const features = writeOnnx(model.network, weights, { labels, outputs: ["features"] });
    return {
      preprocessing: describePreprocessing(spec, model.network),
      model: { baseModel, dropout: spec.dropout, seed: spec.seed, trained },
      weights: provenance,
      files: [
        ["weights.safetensors", writeSafetensors(weights)],
        ["model.onnx", appendLinearHead(features, "features", learner.dense())],
      ],
    };
  }
  // A network from elsewhere stays as it is, without the learner: who knows what its outputs are called and for.
  const { onnx, mean, standardDeviation, model: description } = await onnxFeaturizerParts(baseModel);
  const { interpolation = "bilinear" } = preprocessing;
  return {
    preprocessing: { ...preprocessing, interpolation, mean, standardDeviation },
    model: description,
    weights: model.weightsProvenance!,
    files: [["model.onnx", onnx]],
  };
}

/** What the bundle of a linear classifier says. */
export async function readSvmClassifier(
  path: string,
  bundle: Bundle,
): Promise<{ model: ImageClassifier; learner: LinearSVC | LogisticRegression; recipe: SvmRecipe }> {
  return {
    model: await featurizerOf(path, bundle),
    learner: learnerOf(path, requireFile(path, bundle.files, "learner.json")),
    recipe: bundle.manifest.recipe as unknown as SvmRecipe,
  };
}

async function featurizerOf(path: string, { manifest, files }: Bundle): Promise<ImageClassifier> {
  const { labels, preprocessing, model, weights: provenance } = manifest;
  if (model["onnx"] !== undefined) {
    const bytes = requireFile(path, files, "model.onnx");
    const baseModel = await onnxFeaturizerOf(path, bytes, manifest);
    return new ImageClassifier({ labels, baseModel, ...preparedAs(preprocessing) });
  }
  const weights = bundledWeights(path, files);
  const untold = { history: [], keptEpoch: 0 };
  return ImageClassifier.fromState(networkOptions(path, manifest), {
    weights,
    provenance,
    trained: model["trained"] === true,
    ...untold,
  });
}

/** @internal */
export function learnerOf(path: string, bytes: Uint8Array): LinearSVC | LogisticRegression {
  const json: unknown = JSON.parse(new TextDecoder().decode(bytes));
  const { kind } = json as { kind?: unknown };
  if (kind === "linear-svc") return LinearSVC.fromJSON(json);
  if (kind === "logistic-regression") return LogisticRegression.fromJSON(json);
  throw new FileError(path, `its learner ${JSON.stringify(kind)} is unknown`, "Update Sightbook.");
}
