// Runs as this package's preinstall script, and keeps onnxruntime-node's post-install script from downloading.
//
// On Linux x64 that script fetches several hundred megabytes of CUDA libraries from a host outside the npm registry, and
// where that host cannot be reached it fails the whole installation. Sightbook runs onnxruntime on the CPU, which the
// npm package holds complete. The script leaves files alone that are there, so empty ones take their place; npm runs
// every preinstall script before the first post-install script. Who wants the real ones for other work gets them with
//   npm rebuild onnxruntime-node --onnxruntime-node-install=cuda12
// This file must run on any Node without anything installed, and never fail.
import { existsSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const libraries = ["cuda", "shared", "tensorrt"].map((name) => `libonnxruntime_providers_${name}.so`);
const choices = [
  "ONNXRUNTIME_NODE_INSTALL",
  "ONNXRUNTIME_NODE_INSTALL_CUDA",
  "npm_config_onnxruntime_node_install",
  "npm_config_onnxruntime_node_install_cuda",
];

const userChose = choices.some((name) => process.env[name]);
if (process.platform === "linux" && process.arch === "x64" && !userChose) {
  try {
    const runtime = dirname(createRequire(import.meta.url).resolve("onnxruntime-node/package.json"));
    const folder = join(runtime, "bin", "napi-v6", "linux", "x64");
    const missing = libraries.filter((library) => !existsSync(join(folder, library)));
    // Some of them there means that they are the real ones.
    if (existsSync(folder) && missing.length === libraries.length) {
      for (const library of missing) writeFileSync(join(folder, library), "");
    }
  } catch {
    // Another package manager, another order: onnxruntime-node then decides for itself.
  }
}
