import type {
  Classifier,
  ImageProblem,
  LabelledImages,
  PredictionOptions,
  ProbabilityPredictions,
} from "../evaluation/index.js";
import type { ProgressStyle } from "../training/index.js";
import type { ImageClassifier } from "./image-classifier.js";
import type { SaveOptions } from "./image-classifier-bundle.js";
import type { ImagePrediction } from "./prediction.js";
import type { LinearSVC } from "./linear-svc.js";
import type { LogisticRegression } from "./logistic-regression.js";

import { display, type MimeBundle } from "../display.js";
import { SightbookError } from "../errors.js";
import { readBundle, thresholdsFor, type Bundle, type ModelThresholds } from "../export/index.js";
import { interruptible } from "../interrupt.js";
import { openProgressReporter } from "../training/index.js";
import { requireKind } from "./bundle-parts.js";
import { collectExamples } from "./examples.js";
import { l2Normalize } from "./feature-matrix.js";
import { pathsOf, type ImagesToScore } from "./image-scoring.js";
import { predictionsOf } from "./prediction.js";
import { readSvmClassifier, saveSvmClassifier } from "./svm-classifier-bundle.js";

export interface SvmFitOptions extends PredictionOptions {
  /** 0 prints nothing, 1 (default) how far it is, what was left out and whether the solver converged. */
  readonly verbose?: 0 | 1 | 2;
  /** Form of the progress, as in {@link FitOptions}; `verbose: 0` silences it. */
  readonly progress?: ProgressStyle;
}

/** How a linear classifier was trained. */
export interface SvmRecipe {
  readonly trainImages: number;
  readonly features: number;
  readonly learner: string;
}

/**
 * A linear learner on the features of a network: the quickest way to a classifier, since no network is trained.
 *
 * Features are what feeds the network's head, scaled to length 1. They come from the pretrained network, or from the
 * fine-tuned one if the model was trained before.
 *
 * @example
 * const model = new ImageClassifier({ labels: dataset.labels, baseModel: "EfficientNetLite0" });
 * const svm = await new SvmClassifier(model, new LinearSVC({ C: 1, classWeight: "balanced" })).fit(trainSet);
 */
export class SvmClassifier implements Classifier {
  /** The network that gives the features. */
  readonly model: ImageClassifier;
  readonly learner: LinearSVC | LogisticRegression;
  #recipe: SvmRecipe | undefined;
  #problems: readonly ImageProblem[] = [];
  #thresholds: ModelThresholds | undefined;

  constructor(model: ImageClassifier, learner: LinearSVC | LogisticRegression) {
    this.model = model;
    this.learner = learner;
  }

  /** Label names in the order of the scores: the model's. */
  get labels(): readonly string[] {
    return this.model.labels;
  }

  /** How it was trained; `undefined` before. */
  get recipe(): SvmRecipe | undefined {
    return this.#recipe;
  }

  /**
   * The least score at which each label is believed, from {@link setThresholds} or the bundle; a new `fit` makes them
   * void. {@link save} writes them; a server answers "unknown" below them.
   */
  get thresholds(): ModelThresholds | undefined {
    return this.#thresholds;
  }

  /**
   * Sets the {@link thresholds}, as they were chosen on a precision-recall curve.
   *
   * @param thresholds - In `[0, 1]`: one for all labels, or by label; labels that are not named are always believed.
   */
  setThresholds(thresholds: number | ModelThresholds): void {
    this.#requireTrained("setThresholds");
    this.#thresholds = thresholdsFor("SvmClassifier.setThresholds", this.labels, thresholds);
  }

  /** Images that the last `fit` left out, each with its sentence. */
  get problems(): readonly ImageProblem[] {
    return this.#problems;
  }

  get isTrained(): boolean {
    return this.#recipe !== undefined;
  }

  /**
   * Featurises the images and trains the linear learner.
   *
   * @returns This classifier.
   * @throws {@link CancelledError} when the signal or the user's interrupt stopped it; then it is as before.
   */
  async fit(trainSet: LabelledImages, options: SvmFitOptions = {}): Promise<this> {
    const { verbose = 1, progress = "auto", signal, onProgress, ...prediction } = options;
    const examples = collectExamples("SvmClassifier.fit", "trainSet", this.labels, trainSet);
    const interrupt = interruptible(signal);
    const reporter = await openProgressReporter(verbose === 0 ? "none" : progress);
    const stopButton = new AbortController();
    const stopping = AbortSignal.any([interrupt.signal, stopButton.signal]);
    try {
      reporter.start?.({
        title: `${this.learner.kind} learns ${this.labels.length} labels from ${examples.paths.length} images`,
        stop: () => {
          stopButton.abort();
        },
      });
      reporter.stage?.("Computing features");
      const { features, included, problems } = await this.model.featurize(examples.paths, {
        ...prediction,
        signal: stopping,
        onProgress: (at) => {
          reporter.images?.(at);
          onProgress?.(at);
        },
      });
      reporter.stage?.(`Training ${this.learner.kind} on ${features.columns} features`);
      const warnings: string[] = [];
      await this.learner.fit(
        l2Normalize(features),
        Int32Array.from(included, (index) => examples.labelIndices[index]!),
        this.labels.length,
        { labels: this.labels, signal: stopping, onWarning: (message) => warnings.push(message) },
      );
      this.#problems = [...examples.unlabelled, ...problems];
      this.#thresholds = undefined;
      for (const problem of problems) trainSet.addProblem?.(problem);
      this.#recipe = { trainImages: included.length, features: features.columns, learner: this.learner.kind };
      for (const { message } of this.#problems) reporter.note(`left out: ${message}`);
      for (const message of warnings) reporter.note(message);
      reporter.end?.({
        outcome: "finished",
        message: `Trained on ${features.columns} features of ${included.length} images.`,
      });
      return this;
    } catch (error) {
      reporter.end?.({
        outcome: stopping.aborted ? "stopped" : "failed",
        message: stopping.aborted
          ? "Stopped; the classifier is as before."
          : error instanceof Error
            ? error.message
            : String(error),
      });
      throw error;
    } finally {
      reporter.close();
      interrupt.release();
    }
  }

  /** Scores image files, or the images of a dataset: one prediction for each, in order. */
  async predict(images: ImagesToScore, options: PredictionOptions = {}): Promise<ImagePrediction[]> {
    const paths = pathsOf(images);
    return predictionsOf(paths, this.labels, await this.#probabilities("predict", paths, options));
  }

  /**
   * Probabilities of all labels. `LogisticRegression` gives real ones; `LinearSVC` has none, so its decision values go
   * through a softmax: the order of the labels is right, the numbers are not calibrated.
   */
  predictProbabilities(
    images: LabelledImages,
    options: PredictionOptions = {},
  ): Promise<ProbabilityPredictions> {
    return this.#probabilities("predictProbabilities", pathsOf(images), options);
  }

  /** Writes network and learner as a bundle whose `model.onnx` holds the whole way from pixels to scores. */
  async save(path: string, options: SaveOptions = {}): Promise<void> {
    this.#requireTrained("save");
    await saveSvmClassifier(path, this.model, this.learner, this.#recipe!, {
      ...(this.#thresholds && { thresholds: this.#thresholds }),
      ...options,
    });
  }

  /** Reads a bundle that {@link save} wrote, checking every byte. */
  static async load(path: string): Promise<SvmClassifier> {
    return SvmClassifier.fromBundle(path, await readBundle(path));
  }

  /** @internal Takes a bundle that was read and checked. */
  static async fromBundle(path: string, bundle: Bundle): Promise<SvmClassifier> {
    requireKind(path, bundle, "linear-classifier");
    const { model, learner, recipe } = await readSvmClassifier(path, bundle);
    const classifier = new SvmClassifier(model, learner);
    classifier.#recipe = recipe;
    classifier.#thresholds = bundle.manifest.thresholds;
    return classifier;
  }

  /** A few lines for people. */
  summary(): string {
    const trained = this.#recipe
      ? `trained on ${this.#recipe.features} features of ${this.#recipe.trainImages} images`
      : "not trained yet";
    return `${this.learner.kind}, ${trained}, on the features of\n${this.model.summary()}`;
  }

  /** The summary: how a notebook shows a classifier. */
  [display](): MimeBundle {
    return { "text/plain": `SvmClassifier\n${this.summary()}` };
  }

  /** Frees the threads that featurise; the next call starts them again. */
  dispose(): Promise<void> {
    return this.model.dispose();
  }

  async #probabilities(
    method: string,
    paths: readonly string[],
    options: PredictionOptions,
  ): Promise<ProbabilityPredictions> {
    this.#requireTrained(method);
    const { features, included, problems } = await this.model.featurize(paths, options);
    const scores =
      included.length === 0 ? new Float64Array(0) : this.learner.predictProbabilities(l2Normalize(features));
    return { scores, included, problems };
  }

  #requireTrained(method: string): void {
    if (this.isTrained) return;
    throw new SightbookError(
      `SvmClassifier.${method}: the classifier is not trained yet. Call fit first, or load a trained one's bundle.`,
    );
  }
}
