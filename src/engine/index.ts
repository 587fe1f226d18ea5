export type {
  Engine,
  EngineName,
  ImageBatch,
  LabelledBatch,
  StepResult,
  TrainingOptions,
  TrainingSession,
} from "./engine.js";
export { openEngine } from "./open-engine.js";
