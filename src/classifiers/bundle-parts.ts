import { join } from "node:path";

import type { Weights } from "../networks/index.js";
import type { ImageClassifierOptions } from "./image-classifier-options.js";

import { FileError } from "../errors.js";
import {
  thresholdsFor,
  type Bundle,
  type BundleDescription,
  type BundlePreprocessing,
  type ModelThresholds,
} from "../export/index.js";
import { readSafetensors } from "../networks/index.js";
import { sightbookVersion } from "../version.js";

type Kind = BundleDescription["kind"];

/** What every classifier's bundle says in the same way. */
export function commonParts<K extends Kind>(
  kind: K,
  where: string,
  labels: readonly string[],
  thresholds: number | ModelThresholds | undefined,
): Pick<BundleDescription, "createdBy" | "createdAt" | "labels" | "thresholds"> & { readonly kind: K } {
  return {
    kind,
    createdBy: `sightbook ${sightbookVersion()}`,
    createdAt: new Date().toISOString(),
    labels,
    ...(thresholds !== undefined && { thresholds: thresholdsFor(where, labels, thresholds) }),
  };
}

/** @throws {@link FileError} when the bundle holds another kind of classifier. */
export function requireKind(path: string, { manifest: { kind } }: Bundle, wanted: Kind): void {
  if (kind === wanted) return;
  throw new FileError(path, `holds ${named(kind)}, not ${named(wanted)}`, "loadClassifier reads both.");
}

function named(kind: Kind): string {
  return kind === "image-classifier" ? `an ${kind}` : `a ${kind}`;
}

/** The preparation of images, as options of `ImageClassifier`. */
export function preparedAs(
  preprocessing: BundlePreprocessing,
): Pick<ImageClassifierOptions, "imageSize" | "resizeTo" | "interpolation"> {
  const { imageSize, resizeTo, interpolation } = preprocessing;
  return { imageSize, resizeTo, interpolation: interpolation as "bilinear" };
}

/** A file that a bundle of this kind must have; `readBundle` has checked those that it lists. */
export function requireFile(path: string, files: Bundle["files"], name: string): Uint8Array {
  const file = files.get(name);
  if (file === undefined)
    throw new FileError(path, `its model.json lists no ${name}`, "Save the model again.");
  return file;
}

/** The network's weights as a bundle keeps them. */
export function bundledWeights(path: string, files: Bundle["files"]): Weights {
  const name = "weights.safetensors";
  return readSafetensors(requireFile(path, files, name), join(path, name)).tensors;
}
