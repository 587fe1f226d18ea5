import type { EngineName } from "../engine/engine.js";
import type { LabelledImages } from "../evaluation/index.js";
import type { TrainingTransforms } from "../images/index.js";
import { stagesOf, type Network } from "../networks/index.js";
import type {
  BatchProgress,
  EpochRecord,
  LearningRateSchedule,
  ProgressReporter,
  ProgressStyle,
  Sampling,
} from "../training/index.js";

import { ArgumentError } from "../errors.js";
import { defaultLearningRates, epochsOf, oneCycle, steps } from "../training/index.js";

/** How to train. Every field has a default; the defaults are the recipe of the 2018 package in classical momentum. */
export interface FitOptions {
  /** One learning rate per epoch. Default: `defaultLearningRates(epochs, learningRate)`, 15 epochs from 0.005. */
  readonly learningRates?: readonly number[];
  /**
   * `"steps"` (default) falls to a tenth and a hundredth, `"oneCycle"` warms up and decays step by step; or a schedule
   * made by `steps` or `oneCycle`.
   */
  readonly schedule?: "steps" | "oneCycle" | LearningRateSchedule;
  /** Default 15. */
  readonly epochs?: number;
  /** Highest learning rate of the schedule. Default 0.005 for `"steps"`, 0.02 for `"oneCycle"`. */
  readonly learningRate?: number;
  /** Images in a step. Default 32. */
  readonly batchSize?: number;
  /** Momentum of SGD, `v = momentum * v + g`. Default 0.9. */
  readonly momentum?: number;
  /** Nesterov's form of it. Default false. */
  readonly nesterov?: boolean;
  /** L2 regularisation of convolution and dense weights. Default 0.0005. */
  readonly l2?: number;
  /** What learns: `"all"` (default), `"head"`, or the name of a stage, which learns with all stages above it. */
  readonly trainable?: string;
  /**
   * Images whose accuracy is measured after each epoch and chooses the best one. Default: none. An accuracy that chose
   * the epoch is no honest estimate any more, so do not pass the test set unless you mean to.
   */
  readonly validationData?: LabelledImages;
  /** Instead of `validationData`: part of the training images in (0, 1) to hold out for it, stratified by label. */
  readonly validationSize?: number;
  /** With validation data: end with the weights of its best epoch (default true) or with the last ones. */
  readonly restoreBest?: boolean;
  /** Random crops and flips, drawn anew in every epoch. Default: none, the centre crop. */
  readonly transforms?: TrainingTransforms;
  /**
   * `"uniform"` (default) shows every training image once an epoch; `"balanced"` shows as many images, but the same number
   * of each label, which helps labels with few images.
   */
  readonly sampling?: Sampling;
  /** Seed of order, crops, flips and dropout. Default: the classifier's. */
  readonly seed?: number;
  /** Which engine trains. Default: the best one there is. */
  readonly engine?: EngineName;
  /** Folder for TensorBoard: runs `train` and `validation` below it. */
  readonly tensorboardLogDir?: string;
  /** Folder for history and checkpoints, so that an interrupted run can `resume`. */
  readonly runDirectory?: string;
  /** Go on from the last finished epoch in `runDirectory`, if there is one. Default false. */
  readonly resume?: boolean;
  /** 0 prints nothing, 1 (default) the engine, one line per epoch and what was left out, 2 also the recipe. */
  readonly verbose?: 0 | 1 | 2;
  /** Form of the progress; `verbose: 0` silences it. Default `"auto"`: the training monitor in a notebook, a bar in a terminal, lines elsewhere. */
  readonly progress?: ProgressStyle;
  /** Shows the progress instead of `verbose` and `progress`, somewhere else than on standard output. */
  readonly reporter?: ProgressReporter;
  /** Cancels with a `CancelledError`; the model keeps what it had learned. */
  readonly signal?: AbortSignal;
  readonly onEpoch?: (record: EpochRecord) => void;
  readonly onBatch?: (progress: BatchProgress) => void;
}

/** {@link FitOptions} that define the run, checked and complete. */
export interface FitRecipe {
  readonly schedule: LearningRateSchedule;
  readonly batchSize: number;
  readonly momentum: number;
  readonly nesterov: boolean;
  readonly l2: number;
  readonly trainable: string;
  readonly transforms: TrainingTransforms | null;
  readonly sampling: Sampling;
  readonly seed: number;
}

const where = "ImageClassifier.fit";

/** @throws {@link ArgumentError} for the first option that is out of its range or contradicts another. */
export function recipeOf(options: FitOptions, network: Network, defaultSeed: number): FitRecipe {
  const { batchSize = 32, momentum = 0.9, nesterov = false, l2 = 0.0005, trainable = "all" } = options;
  const {
    transforms = null,
    sampling = "uniform",
    seed = defaultSeed,
    validationSize,
    resume = false,
  } = options;
  if (!Number.isInteger(batchSize) || batchSize < 2) {
    throw new ArgumentError(
      where,
      "batchSize",
      "a whole number from 2",
      batchSize,
      "Batch norm needs two images.",
    );
  }
  if (!(momentum >= 0 && momentum < 1)) {
    throw new ArgumentError(where, "momentum", "a number in [0, 1)", momentum);
  }
  if (!(l2 >= 0 && Number.isFinite(l2))) throw new ArgumentError(where, "l2", "a number from 0", l2);
  if (!Number.isInteger(seed)) throw new ArgumentError(where, "seed", "a whole number", seed);
  if (validationSize !== undefined && !(validationSize > 0 && validationSize < 1)) {
    throw new ArgumentError(where, "validationSize", "a number in (0, 1)", validationSize);
  }
  if (validationSize !== undefined && options.validationData !== undefined) {
    throw new ArgumentError(
      where,
      "validationSize",
      "left out where validationData is given",
      validationSize,
    );
  }
  if (resume && options.runDirectory === undefined) {
    throw new ArgumentError(where, "resume", "used with runDirectory", resume, "Name the folder of the run.");
  }
  const stages = stagesOf(network);
  if (trainable !== "all" && !stages.includes(trainable)) {
    const names = ["all", ...stages].map((name) => JSON.stringify(name)).join(", ");
    throw new ArgumentError(where, "trainable", `one of ${names} for ${network.name}`, trainable);
  }
  return {
    schedule: scheduleOf(options),
    batchSize,
    momentum,
    nesterov,
    l2,
    trainable,
    transforms,
    sampling,
    seed,
  };
}

/** The schedule that `learningRates`, `schedule`, `epochs` and `learningRate` say together. */
export function scheduleOf(options: FitOptions): LearningRateSchedule {
  const { learningRates, schedule = "steps", epochs, learningRate } = options;
  if (learningRates !== undefined) {
    if (schedule !== "steps" || learningRate !== undefined) {
      const other = schedule !== "steps" ? "schedule" : "learningRate";
      throw new ArgumentError(where, other, "left out where learningRates are given", options[other]);
    }
    if (epochs !== undefined && epochs !== learningRates.length) {
      throw new ArgumentError(
        where,
        "epochs",
        `${learningRates.length}, the number of learningRates`,
        epochs,
        "Leave it out: there is one rate per epoch.",
      );
    }
    return steps(learningRates);
  }
  if (typeof schedule === "object") {
    if (learningRate !== undefined) {
      throw new ArgumentError(
        where,
        "learningRate",
        "left out where a whole schedule is given",
        learningRate,
      );
    }
    if (epochs !== undefined && epochs !== epochsOf(schedule)) {
      throw new ArgumentError(where, "epochs", `${epochsOf(schedule)}, as the schedule says`, epochs);
    }
    return schedule;
  }
  return schedule === "oneCycle"
    ? oneCycle({ maxLearningRate: learningRate ?? 0.02, epochs: epochs ?? 15 })
    : steps(defaultLearningRates(epochs, learningRate));
}
