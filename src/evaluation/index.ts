export * as plots from "./plots/index.js";
export { wilsonInterval, type Interval } from "./accuracy.js";
export {
  ClassificationEvaluation,
  type OfAreaAverage,
  type OfCurveAverage,
  type OfLabel,
  type OfMicroAverage,
} from "./classification-evaluation.js";
export type {
  Classifier,
  ImageProblem,
  LabelledImage,
  LabelledImages,
  PredictionOptions,
  PredictionProgress,
  ProbabilityPredictions,
} from "./classifier.js";
export {
  normalizeConfusions,
  type ConfusionMatrix,
  type ConfusionNormalization,
} from "./confusion-matrix.js";
export type { PrecisionRecallCurve, RocCurve } from "./curves.js";
export type { EvaluationData } from "./evaluation-data.js";
export type { EvaluationJson } from "./evaluation-json.js";
export type { AveragedMetrics, LabelMetrics, PrecisionRecall, ZeroDivision } from "./label-metrics.js";
export type { CalibrationCurve } from "./probability-losses.js";
export type { EvaluationReport } from "./report.js";
export type { EvaluationRunOptions } from "./run.js";
export type { Mistake } from "./mistakes.js";
export type { ThresholdGoal } from "./threshold-choice.js";
export type { ThresholdMetrics } from "./threshold-metrics.js";
