export { ArgumentError, CancelledError, EnvironmentError, FileError, SightbookError } from "./errors.js";

// Data
export { ClassificationDataset } from "./data/index.js";
export type {
  CheckOptions,
  DatasetChange,
  DatasetDescription,
  DatasetProblem,
  DatasetProblemKind,
  DatasetProgress,
  DatasetSplitOptions,
  DuplicateGroup,
  DuplicateOptions,
  Duplicates,
  ImageRecord,
  OpenOptions,
  RecordInput,
} from "./data/index.js";
export type { Interpolation, Preprocessing, RgbImage, TrainingTransforms } from "./images/index.js";

// Augmentation
export { augmentDataset, augmenters } from "./augmentation/index.js";
export type { AugmentDatasetOptions } from "./augmentation/index.js";

// Classifiers
export {
  ImageClassifier,
  LinearSVC,
  loadClassifier,
  LogisticRegression,
  SvmClassifier,
} from "./classifiers/index.js";
export type {
  Features,
  FitOptions,
  ImageClassifierOptions,
  ImagePrediction,
  ImageScores,
  ImagesToScore,
  LinearSVCOptions,
  LogisticRegressionOptions,
  SaveOptions,
  SvmFitOptions,
  UnreadableImage,
} from "./classifiers/index.js";
export { defaultLearningRates, oneCycle, steps } from "./training/index.js";
export type { EpochRecord, LearningRateSchedule, TrainingHistory } from "./training/index.js";

// Evaluation
export { ClassificationEvaluation, plots } from "./evaluation/index.js";
export type {
  Classifier,
  ConfusionMatrix,
  EvaluationReport,
  Interval,
  LabelledImage,
  LabelledImages,
  LabelMetrics,
  Mistake,
  PredictionOptions,
  ProbabilityPredictions,
} from "./evaluation/index.js";

// Networks and engines
export {
  baseModelNames,
  baseModels,
  buildNetwork,
  initializeWeights,
  loadPretrainedWeights,
  parameterCount,
  stagesOf,
} from "./networks/index.js";
export type { BaseModelName, Network, NetworkNode, NetworkOptions, Weights } from "./networks/index.js";
export { openEngine, openInference, openOnnxBackbone } from "./engine/index.js";
export type { Engine, EngineName, OnnxBackbone } from "./engine/index.js";
export { writeOnnx } from "./export/index.js";
