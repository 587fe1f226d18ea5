import { runCommand } from "../../commands.js";
import type { TensorFlowVariant } from "./installation.js";
import { tensorFlowSource } from "./sources.js";

/** The variant for this machine: CUDA where an NVIDIA driver answers and there is a wheel for it. */
export async function machineVariant(): Promise<TensorFlowVariant> {
  return tensorFlowSource("cuda") !== undefined && (await hasNvidiaDriver()) ? "cuda" : "cpu";
}

/** Why TensorFlow has no libraries for this machine, or `undefined`. */
export function missingPlatform(): string | undefined {
  if (tensorFlowSource("cpu") === undefined) {
    return `its wheels have no libraries for ${process.platform} on ${process.arch}`;
  }
  if (process.platform === "linux" && !hasGlibc())
    return "its libraries need glibc, and this system has another C library";
  return undefined;
}

async function hasNvidiaDriver(): Promise<boolean> {
  try {
    const gpus = await runCommand("Looking for an NVIDIA GPU", "nvidia-smi", ["--list-gpus"]);
    return gpus.includes("GPU");
  } catch {
    // No driver is the usual case, not a failure.
    return false;
  }
}

function hasGlibc(): boolean {
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  return report.header?.glibcVersionRuntime !== undefined;
}
