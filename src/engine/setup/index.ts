export { installedTensorFlow, tensorFlowVersion } from "./installation.js";
export type { TensorFlowInstallation, TensorFlowVariant } from "./installation.js";
export { missingPlatform } from "./machine.js";
export { setupEngine } from "./setup-engine.js";
export type { SetupOptions } from "./setup-engine.js";
