export { PrecisionRecallUI, type PrecisionRecallOptions } from "./precision-recall-ui.js";
export { ResultsUI } from "./results-ui.js";
export { AnnotationUI } from "./annotation-ui.js";
export { DatasetOverview } from "./dataset-overview.js";
export {
  installedLabextension,
  installLabextension,
  removeLabextension,
  type InstalledLabextension,
  type LabextensionOptions,
} from "./labextension.js";
export { LoadTestMonitor } from "./load-test-monitor.js";
export { TrainingMonitor } from "./training-monitor.js";
