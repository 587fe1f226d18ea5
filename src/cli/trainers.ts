import {
  LinearSVC,
  LogisticRegression,
  SvmClassifier,
  type FitOptions,
  type ImageClassifier,
} from "../classifiers/index.js";
import type { LabelledImages } from "../evaluation/index.js";

import { createProgressReporter } from "../training/index.js";

/** The options of `train` that say how to train. */
export interface TrainerOptions {
  readonly learner: "network" | "svm" | "logistic";
  readonly epochs?: number;
  readonly learningRate?: readonly number[];
  readonly schedule: "steps" | "one-cycle";
  readonly batchSize: number;
  readonly trainable: string;
  readonly l2: number;
  readonly nesterov?: boolean;
  readonly randomCrop?: boolean;
  readonly flip?: number;
  readonly balanced?: boolean;
  readonly validationSize?: number;
  readonly C: number;
  readonly tensorboard?: string;
  readonly runDirectory?: string;
  readonly resume?: boolean;
}

/** What a training was, beside its accuracy. */
export interface TrainFacts {
  readonly trainImages: number;
  readonly epochs: number;
  readonly imagesPerSecond: number;
  readonly engine: string;
}

/** A classifier with the way to train it. */
export interface Trainer {
  readonly classifier: ImageClassifier | SvmClassifier;
  fit(trainSet: LabelledImages): Promise<unknown>;
  /** @param seconds - What `fit` took. */
  facts(seconds: number): TrainFacts;
}

export function trainerOf(network: ImageClassifier, options: TrainerOptions): Trainer {
  return options.learner === "network" ? networkTrainer(network, options) : linearTrainer(network, options);
}

function networkTrainer(classifier: ImageClassifier, options: TrainerOptions): Trainer {
  return {
    classifier,
    fit: (trainSet) => classifier.fit(trainSet, fitOptions(options)),
    facts: () => {
      const { history, recipe } = classifier;
      const images = history.reduce((sum, epoch) => sum + epoch.images, 0);
      const stepSeconds = history.reduce((sum, epoch) => sum + epoch.images / epoch.imagesPerSecond, 0);
      return {
        trainImages: history.at(-1)?.images ?? recipe?.trainImages ?? 0,
        epochs: history.length,
        imagesPerSecond: stepSeconds === 0 ? 0 : images / stepSeconds,
        engine: recipe?.engine ?? "",
      };
    },
  };
}

function linearTrainer(network: ImageClassifier, { learner, C, batchSize }: TrainerOptions): Trainer {
  const classifier = new SvmClassifier(
    network,
    learner === "svm" ? new LinearSVC({ C, classWeight: "balanced" }) : new LogisticRegression({ C }),
  );
  return {
    classifier,
    fit: (trainSet) => classifier.fit(trainSet, { batchSize, verbose: 0 }),
    facts: (seconds) => {
      const { trainImages } = classifier.recipe!;
      return { trainImages, epochs: 0, imagesPerSecond: trainImages / seconds, engine: "onnxruntime" };
    },
  };
}

function fitOptions(options: TrainerOptions): FitOptions {
  const { learningRate: rates, epochs, schedule, randomCrop, flip, balanced, validationSize } = options;
  const { tensorboard, runDirectory, batchSize, trainable, l2, nesterov = false, resume = false } = options;
  return {
    ...(rates?.length === 1 && { learningRate: rates[0]! }),
    ...(rates !== undefined && rates.length > 1 && { learningRates: rates }),
    ...(epochs !== undefined && { epochs }),
    schedule: schedule === "one-cycle" ? "oneCycle" : "steps",
    batchSize,
    trainable,
    l2,
    nesterov,
    resume,
    ...((randomCrop !== undefined || flip !== undefined) && {
      transforms: { ...(randomCrop !== undefined && { randomCrop }), ...(flip !== undefined && { flip }) },
    }),
    ...(balanced === true && { sampling: "balanced" }),
    ...(validationSize !== undefined && { validationSize }),
    ...(tensorboard !== undefined && { tensorboardLogDir: tensorboard }),
    ...(runDirectory !== undefined && { runDirectory }),
    verbose: 2,
    reporter: createProgressReporter("auto", process.stderr),
  };
}
