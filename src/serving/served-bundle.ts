import { FileError } from "../errors.js";
import { readBundle, sha256, type BundleManifest } from "../export/index.js";
import type { ServedFiles } from "./inference-messages.js";

/**
 * Reads a bundle, checks every byte of it and keeps what scoring needs, so that nothing that happens to the disk later
 * changes what is served.
 *
 * @throws {@link FileError} that names the file and what differed.
 */
export async function readServedBundle(path: string): Promise<ServedFiles> {
  const { manifest, files } = await readBundle(path);
  if (manifest.kind === "image-classifier" && manifest.model["trained"] !== true) {
    const wayOut = "Call fit before save.";
    throw new FileError(path, "holds a network that was not trained for its labels", wayOut);
  }
  const onnx = files.get("model.onnx");
  if (onnx === undefined) {
    throw new FileError(path, "its model.json lists no model.onnx", "Save the model again.");
  }
  const learner = files.get("learner.json");
  return { path, manifest, onnx, ...(learner && { learner }) };
}

/** Twelve digits that differ for any two bundles that differ: the manifest holds the hash of every other file. */
export function bundleVersion(manifest: BundleManifest): string {
  return sha256(JSON.stringify(manifest)).slice(0, 12);
}
