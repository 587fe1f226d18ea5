import { ArgumentError } from "../errors.js";
import { efficientNetLite } from "./efficientnet-lite.js";
import type { Network } from "./network.js";
import type { NetworkOptions } from "./options.js";
import { resnet } from "./resnet.js";

/** A network that comes with ImageNet weights, and how its images were prepared when it was trained. */
export interface BaseModel {
  /** Builds the network for a number of labels. */
  readonly build: (options: NetworkOptions) => Network;
  /** Default height and width of the images, in pixels. */
  readonly imageSize: readonly [number, number];
  /** Part of the resized image's shorter side that the centre crop keeps: 0.875 resizes to 256 for a crop of 224. */
  readonly cropFraction: number;
  readonly interpolation: "bilinear" | "bicubic";
  /** Width of the feature vector that feeds the head. */
  readonly features: number;
}

function resnetModel(depth: 18 | 34 | 50 | 101 | 152, features: number): BaseModel {
  return {
    build: (options) => resnet(depth, options),
    imageSize: [224, 224],
    cropFraction: 0.95,
    interpolation: "bicubic",
    features,
  };
}

function liteModel(variant: 0 | 1 | 2, size: number): BaseModel {
  return {
    build: (options) => efficientNetLite(variant, options),
    imageSize: [size, size],
    cropFraction: 0.875,
    interpolation: "bicubic",
    features: 1280,
  };
}

/** Every base model by name. */
export const baseModels = {
  ResNet18: resnetModel(18, 512),
  ResNet34: resnetModel(34, 512),
  ResNet50: resnetModel(50, 2048),
  ResNet101: resnetModel(101, 2048),
  ResNet152: resnetModel(152, 2048),
  EfficientNetLite0: liteModel(0, 224),
  EfficientNetLite1: liteModel(1, 240),
  EfficientNetLite2: liteModel(2, 260),
} as const satisfies Readonly<Record<string, BaseModel>>;

export type BaseModelName = keyof typeof baseModels;

/** Names of all base models, in the order of {@link baseModels}. */
export const baseModelNames = Object.keys(baseModels) as readonly BaseModelName[];

export function isBaseModelName(name: string): name is BaseModelName {
  return Object.hasOwn(baseModels, name);
}

/** @throws {@link ArgumentError} naming every base model when `name` is none of them. */
export function baseModel(name: string): BaseModel {
  if (!isBaseModelName(name)) {
    throw new ArgumentError("baseModel", "name", `one of ${baseModelNames.join(", ")}`, name);
  }
  return baseModels[name];
}

/** The network of a base model for a number of labels. */
export function buildNetwork(name: BaseModelName, options: NetworkOptions): Network {
  return baseModel(name).build(options);
}

/**
 * How images are prepared for a base model: resize the shorter side to `resizeTo`, then crop the centre.
 *
 * @param imageSize - Height and width wanted; default the model's own. The resize grows with the longer of the two.
 */
export function preprocessingOf(
  name: BaseModelName,
  imageSize: readonly [number, number] = baseModel(name).imageSize,
): { imageSize: readonly [number, number]; resizeTo: number; interpolation: "bilinear" | "bicubic" } {
  const { cropFraction, interpolation } = baseModel(name);
  const resizeTo = Math.round(Math.max(...imageSize) / cropFraction);
  return { imageSize, resizeTo, interpolation };
}
