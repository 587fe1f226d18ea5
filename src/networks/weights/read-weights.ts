import { readFile } from "node:fs/promises";
import { FileError } from "../../errors.js";
import { systemReason } from "../../files.js";
import type { Weights } from "../network.js";
import { readSafetensors } from "./safetensors.js";
import { isLegacyTorch, isZip, readTorchStateDict } from "./torch-state-dict.js";

export type WeightsFormat = "safetensors" | "PyTorch state dict";

/**
 * Reads a weights file, whatever its name: safetensors, or a PyTorch state dict in either form. Names are the file's own.
 *
 * @throws {@link FileError}
 */
export async function readWeightsFile(path: string): Promise<{ format: WeightsFormat; tensors: Weights }> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw new FileError(path, `could not be read (${systemReason(error)})`, undefined, { cause: error });
  }
  return decodeWeights(bytes, path);
}

/** Reads the bytes of a weights file; `path` names it in errors. */
export function decodeWeights(bytes: Uint8Array, path: string): { format: WeightsFormat; tensors: Weights } {
  if (isZip(bytes) || isLegacyTorch(bytes)) {
    return { format: "PyTorch state dict", tensors: readTorchStateDict(bytes, path) };
  }
  // A safetensors header is a JSON object right after its length.
  if (bytes[8] === 0x7b) return { format: "safetensors", tensors: readSafetensors(bytes, path).tensors };
  throw new FileError(
    path,
    "is neither a safetensors file nor a PyTorch state dict",
    "Other formats must be converted first; an ONNX network serves as baseModel { onnx }.",
  );
}
