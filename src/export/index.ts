export { readBundle, writeBundle, type Bundle } from "./bundle.js";
export { sha256, toJson } from "./manifest.js";
export type {
  BundleDescription,
  BundleFile,
  BundleManifest,
  BundlePreprocessing,
  BundleWeights,
  JsonValue,
} from "./manifest.js";
export { decide, thresholdsFor, unknownDecision, type ModelThresholds } from "./thresholds.js";
export { openFeaturizer, type NetworkBackbone } from "./featurizer.js";
export { writeOnnx, onnxInputName, type OnnxOptions, type OnnxOutput } from "./onnx.js";
export { appendLinearHead, type LinearHead } from "./linear-head.js";
