import type { OnnxBackbone } from "../engine/index.js";
import type { Interpolation, Preprocessing } from "../images/index.js";

import { ArgumentError } from "../errors.js";
import { baseModelNames, isBaseModelName, preprocessingOf, type BaseModelName } from "../networks/index.js";

export interface ImageClassifierOptions {
  /** Label names in the order of the scores, such as `dataset.labels`. */
  readonly labels: readonly string[];
  /**
   * Network to start from: a name of `baseModels`, default `"ResNet18"`, or any ONNX network as featuriser (see
   * {@link OnnxBackbone}), which can feed an `SvmClassifier` but not be trained further.
   */
  readonly baseModel?: BaseModelName | OnnxBackbone;
  /** Side, or height and width, of the images that enter the network, from 32 px. Default: the base model's own. */
  readonly imageSize?: number | readonly [height: number, width: number];
  /** Shorter side in pixels before the centre crop. Default: the base model's share, such as 256 for 224; 236 for ONNX. */
  readonly resizeTo?: number;
  readonly interpolation?: Interpolation;
  /** `"imagenet"` (default), `"none"` for a random start, or a file or URL of weights. */
  readonly weights?: string;
  /** Rate of the dropout before the head, in [0, 1). Default 0.5. */
  readonly dropout?: number;
  /** Seed of everything random here and, unless said otherwise, in `fit`. Default 1. */
  readonly seed?: number;
}

/** {@link ImageClassifierOptions} checked and complete. */
export interface ImageClassifierSpec {
  readonly labels: readonly string[];
  readonly baseModel: BaseModelName | OnnxBackbone;
  readonly preprocessing: Preprocessing;
  readonly weights: string;
  readonly dropout: number;
  readonly seed: number;
}

const where = "ImageClassifier";

const defaultOnnxSize = [224, 224] as const;

/** An ONNX network does not say how its images were prepared: nearly the whole image, as the ResNets here. */
const onnxCropFraction = 0.95;

/** @throws {@link ArgumentError} for the first option that is out of its range. */
export function specOf(options: ImageClassifierOptions): ImageClassifierSpec {
  const { labels, baseModel = "ResNet18", weights = "imagenet", dropout = 0.5, seed = 1 } = options;
  checkLabels(labels);
  if (!(dropout >= 0 && dropout < 1)) {
    throw new ArgumentError(where, "dropout", "a rate in [0, 1)", dropout, "Use 0 for no dropout.");
  }
  if (!Number.isInteger(seed)) throw new ArgumentError(where, "seed", "a whole number", seed);
  if (weights === "")
    throw new ArgumentError(where, "weights", '"imagenet", "none", a file or a URL', weights);
  if (typeof baseModel === "string" && !isKnown(baseModel)) {
    throw new ArgumentError(
      where,
      "baseModel",
      `one of ${baseModelNames.join(", ")}, or { onnx, output, imageSize, mean, std }`,
      baseModel,
    );
  }
  return {
    labels: [...labels],
    baseModel,
    preprocessing: preprocessingFor(baseModel, options),
    weights,
    dropout,
    seed,
  };
}

/** Callers without types pass any text. */
function isKnown(name: string): boolean {
  return isBaseModelName(name);
}

function preprocessingFor(
  baseModel: BaseModelName | OnnxBackbone,
  { imageSize, resizeTo, interpolation }: ImageClassifierOptions,
): Preprocessing {
  const wanted = imageSize ?? (typeof baseModel === "string" ? undefined : baseModel.imageSize);
  const size = typeof wanted === "number" ? ([wanted, wanted] as const) : wanted;
  if (size !== undefined) checkImageSize(size);
  const own =
    typeof baseModel === "string"
      ? preprocessingOf(baseModel, size)
      : {
          imageSize: size ?? defaultOnnxSize,
          resizeTo: Math.round(Math.max(...(size ?? defaultOnnxSize)) / onnxCropFraction),
          interpolation: "bicubic" as const,
        };
  const resized = resizeTo ?? own.resizeTo;
  if (!Number.isInteger(resized) || resized < Math.min(...own.imageSize)) {
    throw new ArgumentError(
      where,
      "resizeTo",
      `a whole number of pixels from the shorter side of imageSize, ${Math.min(...own.imageSize)}`,
      resized,
    );
  }
  return { imageSize: own.imageSize, resizeTo: resized, interpolation: interpolation ?? own.interpolation };
}

function checkLabels(labels: readonly string[]): void {
  if (labels.length < 2) {
    throw new ArgumentError(
      where,
      "labels",
      "at least two names",
      labels,
      "Pass the labels of your dataset.",
    );
  }
  const repeated = labels.find((label, index) => labels.indexOf(label) !== index);
  if (repeated !== undefined) {
    throw new ArgumentError(where, "labels", "names that differ", repeated);
  }
}

function checkImageSize(size: readonly [number, number]): void {
  if (size.every((side) => Number.isInteger(side) && side >= 32 && side <= 4096)) return;
  throw new ArgumentError(
    where,
    "imageSize",
    "a whole number of pixels from 32 to 4096, or [height, width]",
    size,
  );
}
