export { AnnotationUI } from "./annotation-ui.js";
export {
  installedLabextension,
  installLabextension,
  removeLabextension,
  type InstalledLabextension,
  type LabextensionOptions,
} from "./labextension.js";
export { TrainingMonitor } from "./training-monitor.js";
