import { mkdir } from "node:fs/promises";
import { join } from "node:path";

import type { OnnxBackbone } from "../engine/index.js";
import type { BundleDescription, JsonValue } from "../export/index.js";

import { cacheFolder } from "../cache.js";
import { readOnnx } from "../engine/index.js";
import { externalDataLocation } from "../engine/onnx-format.js";
import { FileError } from "../errors.js";
import { sha256 } from "../export/index.js";
import { writeFileAtomic } from "../files.js";

const imageNet = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } as const;

/** A network from elsewhere as a bundle keeps it: the file as it is, and how it is fed. */
export async function onnxFeaturizerParts(backbone: OnnxBackbone): Promise<{
  onnx: Uint8Array;
  model: BundleDescription["model"];
  mean: readonly [number, number, number];
  standardDeviation: readonly [number, number, number];
}> {
  const { onnx: path, output, mean, std, pixels, layout } = backbone;
  // Where the file lay and how many processors there were is not the bundle's business; the size is part of the preprocessing.
  const feed = { output, mean, std, pixels, layout };
  const { bytes, model } = await readOnnx(path);
  if (model.graph.initializer.some(({ dataLocation }) => dataLocation === externalDataLocation)) {
    throw new FileError(
      path,
      "keeps tensors in another file, so it cannot go into a bundle",
      "Save the model as one file first.",
    );
  }
  const isRaw = feed.pixels === "raw";
  const inPixels = ([red, green, blue]: readonly [number, number, number]): [number, number, number] => [
    red * 255,
    green * 255,
    blue * 255,
  ];
  return {
    onnx: bytes,
    model: { onnx: "model.onnx", feed: JSON.parse(JSON.stringify(feed)) as JsonValue },
    mean: isRaw ? [0, 0, 0] : inPixels(feed.mean ?? imageNet.mean),
    standardDeviation: isRaw ? [1, 1, 1] : inPixels(feed.std ?? imageNet.std),
  };
}

/**
 * The network from a bundle. onnxruntime maps a file, so that of a zip is unpacked into the cache, named by its content.
 *
 * @param path - The bundle.
 */
export async function onnxFeaturizerOf(
  path: string,
  bytes: Uint8Array,
  { model, preprocessing }: Pick<BundleDescription, "model" | "preprocessing">,
): Promise<OnnxBackbone> {
  const feed = model["feed"] as Omit<OnnxBackbone, "onnx">;
  const { imageSize } = preprocessing;
  if (!path.toLowerCase().endsWith(".zip")) return { ...feed, imageSize, onnx: join(path, "model.onnx") };
  const folder = cacheFolder("bundles");
  const onnx = join(folder, `${sha256(bytes)}.onnx`);
  await mkdir(folder, { recursive: true });
  await writeFileAtomic(onnx, bytes);
  return { ...feed, imageSize, onnx };
}
