export type {
  Engine,
  EngineName,
  ImageBatch,
  LabelledBatch,
  StepResult,
  TrainingOptions,
  TrainingSession,
} from "./engine.js";
export { diagnose, formatEngineReport } from "./doctor.js";
export type { EngineReport } from "./doctor.js";
export { openEngine } from "./open-engine.js";
export type { Featurizer } from "./featurizer.js";
export { openInference, type InferenceOptions, type InferenceSession } from "./inference.js";
export { openOnnxBackbone, type OnnxBackbone } from "./onnx-backbone.js";
export { describeOnnx, readOnnx, type OnnxDescription, type OnnxTensorInfo } from "./onnx-model.js";
