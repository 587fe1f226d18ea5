import * as tf from "@tensorflow/tfjs-core";
import { wasmMethods, webgpuMethods } from "./methods.js";
import type { BackendMethods } from "./operations.js";
import type { BackendDescription, TfjsBackend } from "./protocol.js";

/** How a backend computes what not all of them compute alike. */
export function methodsOf(backend: TfjsBackend): BackendMethods {
  return backend === "wasm" ? wasmMethods : webgpuMethods;
}

/** Loads a backend into this thread and makes it the one that computes. */
export function loadBackend(backend: TfjsBackend): Promise<BackendDescription> {
  return backend === "wasm" ? loadWasm() : loadWebGpu();
}

async function loadWasm(): Promise<BackendDescription> {
  // Its CommonJS bundle finds the .wasm files beside itself.
  await import("@tensorflow/tfjs-backend-wasm");
  await use("wasm");
  const simd = await tf.env().getAsync("WASM_HAS_SIMD_SUPPORT");
  return { description: `tfjs ${tf.version_core} on WebAssembly${simd ? " with SIMD" : ""}`, software: true };
}

async function loadWebGpu(): Promise<BackendDescription> {
  const { create, globals } = await import("webgpu");
  Object.assign(globalThis, globals);
  const gpu = create([]);
  // Node 21 and newer have a navigator of their own, whose properties cannot be written.
  Object.defineProperty(globalThis, "navigator", { value: { gpu }, configurable: true, writable: true });
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
  if (adapter === null) throw new Error("no graphics adapter answers");
  const { vendor, architecture, description } = adapter.info;
  const device = description || [vendor, architecture].filter(Boolean).join(" ") || "an unnamed adapter";
  await import("@tensorflow/tfjs-backend-webgpu");
  await use("webgpu");
  return {
    description: `tfjs ${tf.version_core} on WebGPU (${device})`,
    software: isSoftware([vendor, architecture, description].join(" ")),
  };
}

/** Renderers that compute on the CPU: SwiftShader, Mesa's lavapipe and llvmpipe, Windows' WARP. */
export function isSoftware(adapter: string): boolean {
  return /swiftshader|lavapipe|llvmpipe|software|basic render|warp/i.test(adapter);
}

async function use(backend: TfjsBackend): Promise<void> {
  if (!(await tf.setBackend(backend))) throw new Error(`tfjs could not start its ${backend} backend`);
  await tf.ready();
}
