export { bestEpochOf, formatEpoch, type EpochRecord, type TrainingHistory } from "./history.js";
export {
  createProgressReporter,
  notebookProgress,
  openProgressReporter,
  type BatchProgress,
  type ImagesProgress,
  type ProgressOutcome,
  type ProgressReporter,
  type ProgressStart,
  type ProgressStyle,
} from "./progress.js";
export {
  defaultLearningRates,
  epochsOf,
  learningRateAt,
  oneCycle,
  steps,
  type LearningRateSchedule,
  type OneCycleOptions,
  type OneCycleSchedule,
  type StepSchedule,
} from "./schedules.js";
export { EventFileWriter, readScalars, type ScalarEvent } from "./event-file.js";
export { TensorBoardLog } from "./tensorboard.js";
export {
  train,
  type TrainingBatches,
  type TrainingResult,
  type TrainOptions,
  type ValidationBatches,
} from "./train.js";
export { trainingBatches, validationBatches, type Examples, type Sampling } from "./batches.js";
export { RunDirectory, type RunRecipe, type RunState } from "./run-directory.js";
