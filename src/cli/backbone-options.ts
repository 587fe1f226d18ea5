import type { Command } from "commander";

import { ImageClassifier, type ImageClassifierOptions } from "../classifiers/index.js";
import { baseModelNames, isBaseModelName } from "../networks/index.js";
import { imageSize, threeNumbers, wholeNumber } from "./values.js";

/** Options that choose the network, shared by `train` and `featurize`. */
export interface BackboneOptions {
  readonly baseModel: string;
  readonly onnxOutput?: string;
  readonly mean?: readonly [number, number, number];
  readonly std?: readonly [number, number, number];
  readonly weights: string;
  readonly imageSize?: readonly [number, number];
  readonly resizeTo?: number;
  readonly seed: number;
}

export function addBackboneOptions(command: Command): Command {
  return command
    .option("--base-model <name>", `${baseModelNames.join(", ")}, or a file ending in .onnx`, "ResNet18")
    .option(
      "--onnx-output <name>",
      "tensor of the .onnx file that holds the features (default: features, else its only output)",
    )
    .option(
      "--mean <r,g,b>",
      "the .onnx file is fed (pixel / 255 - mean) / std (default: ImageNet's)",
      threeNumbers,
    )
    .option("--std <r,g,b>", "see --mean", threeNumbers)
    .option("--weights <source>", "imagenet, none, or a file or URL of weights", "imagenet")
    .option(
      "--image-size <px>",
      "side, or <height>x<width>, of the network's input (default: the base model's own, 224 for .onnx)",
      imageSize,
    )
    .option("--resize-to <px>", "shorter side before the centre crop", wholeNumber(1))
    .option("--seed <number>", "seed of everything random", wholeNumber(0), 1);
}

/** The classifier that the options describe, not loaded yet. */
export function classifierOf(
  labels: readonly string[],
  { baseModel, onnxOutput, mean, std, weights, imageSize: size, resizeTo, seed }: BackboneOptions,
  more: Pick<ImageClassifierOptions, "dropout"> = {},
): ImageClassifier {
  const isOnnx = !isBaseModelName(baseModel) && baseModel.toLowerCase().endsWith(".onnx");
  const chosen = isOnnx
    ? {
        onnx: baseModel,
        ...(onnxOutput !== undefined && { output: onnxOutput }),
        ...(mean && { mean }),
        ...(std && { std }),
      }
    : (baseModel as "ResNet18"); // The classifier refuses what is none of its names.
  return new ImageClassifier({
    labels,
    baseModel: chosen,
    weights,
    seed,
    ...(size && { imageSize: size }),
    ...(resizeTo !== undefined && { resizeTo }),
    ...more,
  });
}
