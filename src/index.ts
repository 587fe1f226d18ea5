export { ArgumentError, CancelledError, EnvironmentError, FileError, SightbookError } from "./errors.js";
export { Random } from "./random.js";

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
  DatasetEntry,
  ImageFile,
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
  FitRecipe,
  ImageClassifierOptions,
  ImageClassifierSpec,
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
export type {
  BatchProgress,
  EpochRecord,
  LearningRateSchedule,
  OneCycleOptions,
  ProgressStyle,
  TrainingHistory,
} from "./training/index.js";

// Evaluation
export { ClassificationEvaluation, plots, wilsonInterval } from "./evaluation/index.js";
export type {
  AveragedMetrics,
  CalibrationCurve,
  Classifier,
  ConfusionMatrix,
  EvaluationData,
  EvaluationReport,
  ImageProblem,
  Interval,
  LabelledImage,
  LabelledImages,
  LabelMetrics,
  Mistake,
  PrecisionRecallCurve,
  PredictionOptions,
  ProbabilityPredictions,
  RocCurve,
  ThresholdGoal,
  ThresholdMetrics,
} from "./evaluation/index.js";

// Networks and engines
export {
  baseModelNames,
  baseModels,
  buildNetwork,
  initializeWeights,
  loadPretrainedWeights,
  parameterCount,
  readWeightsFile,
  stagesOf,
  summary,
  validateNetwork,
  writeSafetensors,
} from "./networks/index.js";
export type {
  BaseModelName,
  DownloadProgress,
  Network,
  NetworkNode,
  NetworkOptions,
  NetworkSummary,
  PretrainedOptions,
  Weights,
  WeightsProvenance,
} from "./networks/index.js";
export {
  describeOnnx,
  diagnose,
  formatEngineReport,
  openEngine,
  openInference,
  openOnnxBackbone,
  readOnnx,
} from "./engine/index.js";
export type {
  Engine,
  EngineName,
  EngineReport,
  Featurizer,
  InferenceOptions,
  InferenceSession,
  OnnxBackbone,
} from "./engine/index.js";
export { setupEngine } from "./engine/setup/index.js";
export type { SetupOptions } from "./engine/setup/index.js";
export { openFeaturizer, writeOnnx } from "./export/index.js";
export type { BundleManifest, NetworkBackbone, OnnxOptions, OnnxOutput } from "./export/index.js";

// Batch
export { batch, BatchSummary, localProcesses } from "./batch/index.js";
export type {
  BatchOptions,
  BatchRunProgress,
  BatchTask,
  LocalExecutorOptions,
  ShardExecutor,
  ShardFailure,
  ShardJob,
} from "./batch/index.js";
export { containers, kubernetesJob } from "./executors/index.js";
export type { ContainerExecutorOptions, KubernetesJobOptions, VolumePlace } from "./executors/index.js";

// Monitoring
export { compareRecords, DriftReport, readRecords, recordsOf, ScoreRecorder } from "./monitoring/index.js";
export type { DriftRow, DriftVerdict, RecorderOptions, ScoreRecord } from "./monitoring/index.js";

// Load test
export { loadTest, LoadTestReport } from "./loadtest/index.js";
export type {
  LimitOptions,
  LimitTrial,
  Load,
  LoadErrorCount,
  LoadErrorKind,
  LoadLimit,
  LoadStep,
  LoadStepReport,
  LoadTestData,
  LoadTestOptions,
  ScoringContract,
  TimelinePoint,
  TimeSummary,
} from "./loadtest/index.js";
// Serving
export { connectControl, keyDigest, newKey, startScoringServer } from "./serving/index.js";
export type {
  NewKey,
  ScoringServer,
  ScoringServerOptions,
  ServerControl,
  ServerStatus,
} from "./serving/index.js";

// Deployment
export { Deployment } from "./deployment/index.js";
export type {
  DeployableModel,
  DeploymentLoadTestOptions,
  DeploymentOptions,
  DeploymentPlace,
  DeploymentStatus,
  DeployOptions,
  DockerImage,
  ImageScore,
  ImageSource,
  KubernetesOptions,
  ScoreImageOptions,
  ScoringService,
} from "./deployment/index.js";
