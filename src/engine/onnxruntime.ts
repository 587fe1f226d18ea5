import type * as ort from "onnxruntime-node";
import { EnvironmentError } from "../errors.js";

export type OnnxRuntime = typeof ort;

/**
 * Loads onnxruntime's Node binding into the calling thread.
 *
 * @throws {@link EnvironmentError} when the package is absent or its library does not load on this machine.
 */
export async function loadOnnxRuntime(): Promise<OnnxRuntime> {
  // The official Linux libraries carry telemetry, which looks for this at its first load.
  process.env["ORT_DISABLE_TELEMETRY"] = "1";
  try {
    return await import("onnxruntime-node");
  } catch (error) {
    throw new EnvironmentError(
      `onnxruntime: the package onnxruntime-node must load, got ${String(error)}. ` +
        "Install it with: ONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node",
      { cause: error },
    );
  }
}
