import type { Engine, TrainingSession } from "../engine/index.js";
import type { ImageProblem, LabelledImages } from "../evaluation/index.js";
import type { Preprocessing } from "../images/index.js";
import type { Network, Weights } from "../networks/index.js";
import type {
  Examples,
  ProgressOutcome,
  ProgressReporter,
  TrainingHistory,
  TrainingResult,
} from "../training/index.js";

import { openEngine } from "../engine/index.js";
import { PixelLoader } from "../images/index.js";
import { CancelledError } from "../errors.js";
import {
  epochsOf,
  openProgressReporter,
  RunDirectory,
  TensorBoardLog,
  train,
  trainingBatches,
  validationBatches,
} from "../training/index.js";
import { collectExamples, holdOut } from "./examples.js";
import { recipeOf, type FitOptions, type FitRecipe } from "./fit-options.js";

/** What a classifier brings to its training. */
export interface Trainee {
  readonly network: Network;
  /** Loaded when everything else has been checked. */
  readonly weights: (signal: AbortSignal, reporter: ProgressReporter) => Promise<Weights>;
  readonly labels: readonly string[];
  readonly preprocessing: Preprocessing;
  readonly seed: number;
  readonly onReporter: (reporter: ProgressReporter) => void;
  readonly onEngine: (engine: Engine) => void;
}

/** Logits that the trainer gave for a few images: what every export must agree with. */
export interface ReferenceLogits {
  readonly size: number;
  readonly height: number;
  readonly width: number;
  readonly pixels: Uint8Array;
  readonly logits: Float32Array;
}

export interface Fitting extends TrainingResult {
  readonly recipe: FitRecipe & FitFacts;
  /** Images that were left out. */
  readonly problems: readonly ImageProblem[];
  readonly reference: ReferenceLogits | undefined;
}

/** What a recipe does not say but a reader of it wants to know. */
export interface FitFacts {
  readonly engine: string;
  readonly trainImages: number;
  readonly validationImages: number;
}

const where = "ImageClassifier.fit";

/**
 * Trains a network on images: all of `ImageClassifier.fit` but what it keeps.
 *
 * @param cancelled - Cancels, in place of the options' own. The reporter's stop button ends the training in the same way, but
 *   as the person wants it: `stopped` is then absent from the result.
 */
export async function fitNetwork(
  trainee: Trainee,
  trainSet: LabelledImages,
  options: FitOptions,
  cancelled: AbortSignal,
): Promise<Fitting> {
  const recipe = recipeOf(options, trainee.network, trainee.seed);
  const { training, validation, unlabelled } = splitExamples(trainee, trainSet, options, recipe.seed);
  const problems = new Map<string, ImageProblem>(unlabelled.map((problem) => [problem.path, problem]));
  const { verbose = 1, progress = "auto" } = options;
  const reporter = options.reporter ?? (await openProgressReporter(verbose === 0 ? "none" : progress));
  trainee.onReporter(reporter);
  const epochs = epochsOf(recipe.schedule);
  const stopButton = new AbortController();
  const signal = AbortSignal.any([cancelled, stopButton.signal]);
  let engine: Engine | undefined;
  try {
    reporter.start?.({
      title: titleOf(trainee, training.paths.length),
      epochs,
      stop: () => {
        stopButton.abort();
      },
    });
    reporter.stage?.("Starting the engine");
    const better: string[] = [];
    engine = await openEngine({
      ...(options.engine !== undefined && { name: options.engine }),
      onUnavailable: (name, reason) => better.push(`${name} does not run here: ${reason}`),
    });
    trainee.onEngine(engine);
    reporter.note(`trains on ${engine.description}`);
    for (const reason of better) reporter.note(reason);
    reporter.stage?.("Loading the weights");
    const weights = await trainee.weights(signal, reporter);
    const session = await engine.createSession(trainee.network, weights, {
      momentum: recipe.momentum,
      nesterov: recipe.nesterov,
      l2: recipe.l2,
      seed: recipe.seed,
      ...(recipe.trainable !== "all" && { trainableFrom: recipe.trainable }),
    });
    const facts: FitFacts = {
      engine: engine.description,
      trainImages: training.paths.length,
      validationImages: validation?.paths.length ?? 0,
    };
    reporter.fact?.("Engine", engine.description);
    if (verbose === 2) reporter.note(describe(trainee, recipe, facts));
    reporter.stage?.("Training");
    const loader = new PixelLoader();
    const shared = {
      batchSize: recipe.batchSize,
      preprocessing: trainee.preprocessing,
      onProblem: (problem: ImageProblem) => void problems.set(problem.path, problem),
    };
    const run = new Run(options, { ...recipe, ...facts, network: trainee.network.name }, reporter);
    const result = await run.train(
      session,
      trainingBatches(loader, training, {
        ...shared,
        seed: recipe.seed,
        transforms: recipe.transforms ?? undefined,
        sampling: recipe.sampling,
      }),
      validation && validationBatches(loader, validation, shared),
      signal,
    );
    const reference = await referenceLogits(session, result.weights, loader, training, trainee.preprocessing);
    for (const { message } of problems.values()) reporter.note(`left out: ${message}`);
    const { stopped, ...learned } = result;
    const wasStopped = stopButton.signal.aborted && !cancelled.aborted && stopped instanceof CancelledError;
    reporter.end?.(outcomeOf(result, epochs));
    return {
      ...learned,
      ...(stopped !== undefined && !wasStopped && { stopped }),
      recipe: { ...recipe, ...facts },
      problems: [...problems.values()],
      reference,
    };
  } catch (error) {
    reporter.end?.({
      outcome: signal.aborted ? "stopped" : "failed",
      message: signal.aborted
        ? "Stopped before anything was learned; the model is as before."
        : error instanceof Error
          ? error.message
          : String(error),
      keptEpoch: 0,
    });
    throw error;
  } finally {
    reporter.close();
    await engine?.dispose();
  }
}

/** The parts of a training run that follow it: checkpoints, TensorBoard, progress. */
class Run {
  readonly #options: FitOptions;
  readonly #recipe: FitRecipe & FitFacts;
  readonly #directory: RunDirectory | undefined;
  readonly #reporter: ProgressReporter;

  constructor(
    options: FitOptions,
    recipe: FitRecipe & FitFacts & { network: string },
    reporter: ProgressReporter,
  ) {
    this.#options = options;
    this.#recipe = recipe;
    this.#reporter = reporter;
    // A run may resume on another engine.
    const compared = { ...recipe, engine: undefined };
    this.#directory =
      options.runDirectory === undefined ? undefined : new RunDirectory(options.runDirectory, compared);
  }

  async train(
    session: TrainingSession,
    training: ReturnType<typeof trainingBatches>,
    validation: ReturnType<typeof validationBatches> | undefined,
    signal: AbortSignal,
  ): Promise<TrainingResult> {
    const { schedule } = this.#recipe;
    const { tensorboardLogDir, onEpoch, onBatch, restoreBest = true, resume = false } = this.#options;
    const state = resume ? await this.#directory?.resume() : undefined;
    if (state !== undefined) {
      await session.writeWeights(state.lastWeights);
      this.#reporter.note(`goes on after epoch ${state.history.length}`);
    }
    const log = tensorboardLogDir === undefined ? undefined : new TensorBoardLog(tensorboardLogDir);
    const history = [...(state?.history ?? [])];
    try {
      return await train(session, training, {
        schedule,
        validation,
        restoreBest,
        signal,
        finished: state,
        onBatch: (progress) => {
          this.#reporter.batch(progress);
          log?.batch((progress.epoch - 1) * progress.stepsPerEpoch + progress.step - 1, progress);
          onBatch?.(progress);
        },
        onEpoch: async (record, best) => {
          history.push(record);
          await this.#directory?.save(history, await session.readWeights(), best);
          this.#reporter.epoch(record, epochsOf(schedule), best);
          log?.epoch(record);
          onEpoch?.(record);
        },
      });
    } finally {
      log?.close();
    }
  }
}

function splitExamples(
  { labels }: Trainee,
  trainSet: LabelledImages,
  { validationData, validationSize }: FitOptions,
  seed: number,
): { training: Examples; validation: Examples | undefined; unlabelled: readonly ImageProblem[] } {
  const all = collectExamples(where, "trainSet", labels, trainSet);
  if (validationData !== undefined) {
    const validation = collectExamples(where, "validationData", labels, validationData);
    return { training: all, validation, unlabelled: [...all.unlabelled, ...validation.unlabelled] };
  }
  if (validationSize === undefined)
    return { training: all, validation: undefined, unlabelled: all.unlabelled };
  return { ...holdOut(where, all, validationSize, seed), unlabelled: all.unlabelled };
}

/** Scores of the first few readable training images under the weights that were kept. */
async function referenceLogits(
  session: TrainingSession,
  weights: Weights,
  loader: PixelLoader,
  { paths }: Examples,
  preprocessing: Preprocessing,
): Promise<ReferenceLogits | undefined> {
  await session.writeWeights(weights);
  for await (const { size, height, width, pixels } of loader.batches(paths, {
    batchSize: 4,
    preprocessing,
  })) {
    const logits = await session.predict({ size, height, width, pixels });
    return { size, height, width, pixels: Uint8Array.from(pixels), logits };
  }
  return undefined;
}

function titleOf({ network, labels }: Trainee, images: number): string {
  return `${network.name} learns ${labels.length} labels from ${images} images`;
}

/** What a person wants to know when a training has ended: how far it went, and what the model has now. */
function outcomeOf({ history, keptEpoch, stopped }: TrainingResult, epochs: number): ProgressOutcome {
  const kept = history.find(({ epoch }) => epoch === keptEpoch);
  const accuracy = kept?.validationAccuracy;
  const keeps =
    kept === undefined
      ? "the model keeps what it has learned so far"
      : `the model keeps epoch ${keptEpoch}${accuracy === undefined ? "" : `, validation accuracy ${accuracy.toFixed(3)}`}`;
  if (stopped === undefined) {
    return { outcome: "finished", message: `Finished after ${epochs} epochs; ${keeps}.`, keptEpoch };
  }
  if (stopped instanceof CancelledError) {
    const message = `Stopped after ${history.length} of ${epochs} epochs; ${keeps}.`;
    return { outcome: "stopped", message, keptEpoch };
  }
  return { outcome: "failed", message: stopped.message, keptEpoch };
}

function describe({ network, preprocessing }: Trainee, recipe: FitRecipe, facts: FitFacts): string {
  const { schedule, batchSize, trainable } = recipe;
  return [
    `${network.name} at ${preprocessing.imageSize.join(" x ")} px on ${facts.engine}`,
    `${facts.trainImages} training and ${facts.validationImages} validation images, batches of ${batchSize}`,
    `${epochsOf(schedule)} epochs of ${schedule.kind}, trainable: ${trainable}`,
  ].join("; ");
}

export type { TrainingHistory };
