import type {
  Classifier,
  ImageProblem,
  LabelledImages,
  PredictionOptions,
  ProbabilityPredictions,
} from "../evaluation/index.js";
import type { Preprocessing } from "../images/index.js";
import type { BaseModelName, Network, Weights } from "../networks/index.js";
import type { TrainingHistory } from "../training/index.js";
import type { FitOptions, FitRecipe } from "./fit-options.js";
import type { Features } from "./features.js";
import type { ImagePrediction } from "./prediction.js";

import { openInference, openOnnxBackbone, type OnnxBackbone } from "../engine/index.js";
import { display, type MimeBundle } from "../display.js";
import { ArgumentError, SightbookError } from "../errors.js";
import { interruptible } from "../interrupt.js";
import {
  readBundle,
  thresholdsFor,
  writeOnnx,
  type Bundle,
  type BundleWeights,
  type ModelThresholds,
} from "../export/index.js";
import { buildNetwork } from "../networks/index.js";
import { requireKind } from "./bundle-parts.js";
import { fitNetwork, type FitFacts, type ReferenceLogits } from "./fitting.js";
import { summaryOf } from "./image-classifier-summary.js";
import { specOf, type ImageClassifierOptions, type ImageClassifierSpec } from "./image-classifier-options.js";
import { readImageClassifier, saveImageClassifier, type SaveOptions } from "./image-classifier-bundle.js";
import { pathsOf, scoreImages, type ImagesToScore, type ScoredRows } from "./image-scoring.js";
import { predictionsOf } from "./prediction.js";
import { softmaxRows } from "./probabilities.js";
import { startingState } from "./starting-state.js";
import { Runners, type Runner, type RunnerOutput } from "./runners.js";
import { RunningFit } from "./running-fit.js";
import { showScoring } from "./shown-scoring.js";

/** What a classifier knows once its weights are there: all that a bundle keeps. */
export interface ImageClassifierState {
  readonly weights: Weights;
  readonly provenance: BundleWeights;
  /** Whether the head was trained for the labels. */
  readonly trained: boolean;
  readonly history: TrainingHistory;
  /** Epoch whose weights these are; 0 before training or when it was stopped in the first epoch. */
  readonly keptEpoch: number;
  readonly recipe?: (FitRecipe & FitFacts) | undefined;
  readonly reference?: ReferenceLogits | undefined;
  readonly thresholds?: ModelThresholds | undefined;
}

/**
 * A pretrained network that is fine-tuned to tell your labels apart.
 *
 * Images are decoded, resized until the shorter side is `resizeTo` (256 for an image size of 224), cropped in the middle
 * and scored by onnxruntime; training runs on the engine that `openEngine` finds.
 *
 * @example
 * const model = new ImageClassifier({ labels: dataset.labels, baseModel: "EfficientNetLite0" });
 * await model.fit(trainSet);
 * const [prediction] = await model.predict(["cup.jpg"]);
 */
export class ImageClassifier implements Classifier {
  readonly #spec: ImageClassifierSpec;
  #network: Network | undefined;
  #state: ImageClassifierState | undefined;
  #problems: readonly ImageProblem[] = [];
  readonly #runners = new Runners();
  #running: RunningFit | undefined;

  /** Only checks and keeps its options: weights are loaded by the first call that needs them. */
  constructor(options: ImageClassifierOptions) {
    this.#spec = specOf(options);
  }

  /** Label names in the order of the scores. */
  get labels(): readonly string[] {
    return this.#spec.labels;
  }

  /** Name of the base model, or the ONNX network that serves as featuriser. */
  get baseModel(): BaseModelName | OnnxBackbone {
    return this.#spec.baseModel;
  }

  /** All options, defaults filled in. */
  get spec(): ImageClassifierSpec {
    return this.#spec;
  }

  /** Height and width of the images that enter the network. */
  get imageSize(): readonly [height: number, width: number] {
    return this.#spec.preprocessing.imageSize;
  }

  /** How an image is prepared for scoring. */
  get preprocessing(): Preprocessing {
    return this.#spec.preprocessing;
  }

  /** The network as data. */
  get network(): Network {
    const { baseModel, labels, dropout } = this.#spec;
    if (typeof baseModel !== "string") throw notANetwork("network", baseModel);
    return (this.#network ??= buildNetwork(baseModel, { labels: labels.length, dropout }));
  }

  /** One record per epoch of the last `fit`. */
  get history(): TrainingHistory {
    return this.#state?.history ?? [];
  }

  /** Epoch of {@link history} whose weights the model has, from 1; 0 before the first. */
  get keptEpoch(): number {
    return this.#state?.keptEpoch ?? 0;
  }

  /** How the model was trained last; `undefined` before. */
  get recipe(): (FitRecipe & FitFacts) | undefined {
    return this.#state?.recipe;
  }

  /** Where the weights came from that training started with; `undefined` until they are loaded. */
  get weightsProvenance(): BundleWeights | undefined {
    const { baseModel } = this.#spec;
    if (typeof baseModel !== "string") return provenanceOf(baseModel);
    return this.#state?.provenance;
  }

  /**
   * The least score at which each label is believed, from {@link setThresholds} or the bundle; a new `fit` makes them
   * void. {@link save} writes them; a server answers "unknown" below them.
   */
  get thresholds(): ModelThresholds | undefined {
    return this.#state?.thresholds;
  }

  /**
   * Sets the {@link thresholds}, as they were chosen on a precision-recall curve.
   *
   * @param thresholds - In `[0, 1]`: one for all labels, or by label; labels that are not named are always believed.
   */
  setThresholds(thresholds: number | ModelThresholds): void {
    const where = "ImageClassifier.setThresholds";
    if (!this.isTrained) {
      throw new SightbookError(
        `${where}: the model is not trained yet. Call fit first, which makes thresholds void.`,
      );
    }
    this.#state = { ...this.#state!, thresholds: thresholdsFor(where, this.labels, thresholds) };
  }

  /** Images that the last `fit` left out, each with its sentence. */
  get problems(): readonly ImageProblem[] {
    return this.#problems;
  }

  /** Whether the model can predict: after a `fit`, or loaded from a bundle of a trained one. */
  get isTrained(): boolean {
    return this.#state?.trained ?? false;
  }

  /**
   * Trains the network on labelled images. A second call goes on from the weights of the first.
   *
   * @param trainSet - A dataset, or anything with labelled images; images that cannot be read are left out and named in
   *   {@link problems}.
   * @returns This classifier.
   * @throws {@link CancelledError} when the signal or the user's interrupt stopped it: the model keeps what it had learned.
   * @throws {@link SightbookError} when the loss became no number: the model keeps the last good epoch; or when another `fit` of
   *   this model is running.
   */
  async fit(trainSet: LabelledImages, options: FitOptions = {}): Promise<this> {
    const { baseModel, labels, preprocessing, seed } = this.#spec;
    if (typeof baseModel !== "string") throw notANetwork("fit", baseModel);
    await this.#cancelledFitIsKept("fit");
    if (this.#running !== undefined) {
      throw new SightbookError("ImageClassifier.fit: another fit of this model is still running.");
    }
    const interrupt = interruptible(options.signal);
    const running = (this.#running = new RunningFit(interrupt));
    try {
      const fitting = await fitNetwork(
        {
          network: this.network,
          labels,
          preprocessing,
          seed,
          weights: async (signal, reporter) => {
            const before = this.#state;
            const { weights, provenance } = await this.loadWeights(signal);
            if (before === undefined) reporter.note(`weights: ${provenance.source} (${provenance.licence})`);
            return weights;
          },
          onReporter: (reporter) => {
            running.reporter = reporter;
          },
          onEngine: (engine) => {
            running.engine = engine;
          },
        },
        trainSet,
        options,
        interrupt.signal,
      );
      if (this.#running !== running) throw lost("fit");
      const { history, keptEpoch, recipe, reference, weights, problems, stopped } = fitting;
      await this.#runners.close();
      const { provenance } = this.#state!;
      this.#state = { weights, provenance, trained: true, history, keptEpoch, recipe, reference };
      this.#problems = problems;
      for (const problem of problems) trainSet.addProblem?.(problem);
      if (stopped !== undefined) throw stopped;
      return this;
    } finally {
      interrupt.release();
      if (this.#running === running) this.#running = undefined;
      running.end();
    }
  }

  /** Scores image files, or the images of a dataset: one prediction for each, in order. */
  async predict(images: ImagesToScore, options: PredictionOptions = {}): Promise<ImagePrediction[]> {
    const paths = pathsOf(images);
    return predictionsOf(paths, this.labels, await this.#probabilities("predict", paths, options));
  }

  /** Probabilities of all labels, for `ClassificationEvaluation.run`. */
  predictProbabilities(
    images: LabelledImages,
    options: PredictionOptions = {},
  ): Promise<ProbabilityPredictions> {
    return this.#probabilities("predictProbabilities", pathsOf(images), options);
  }

  /**
   * Features of images: what feeds the head, as it comes from the network (not normalised).
   *
   * Before a `fit` these are the pretrained network's, after it the fine-tuned one's.
   */
  async featurize(images: ImagesToScore, options: PredictionOptions = {}): Promise<Features> {
    const { run } = await this.#runner("features", options.signal);
    const { data, columns, included, problems } = await this.#score(
      "featurize",
      run,
      pathsOf(images),
      options,
    );
    return { features: { data, rows: included.length, columns }, included, problems };
  }

  /**
   * Writes the model as a bundle: a folder, or a file ending in `.zip`. A bundle that is there is replaced.
   *
   * @throws {@link SightbookError} when the exported ONNX model does not score as the trainer did.
   */
  async save(path: string, options: SaveOptions = {}): Promise<void> {
    if (typeof this.#spec.baseModel !== "string") throw notANetwork("save", this.#spec.baseModel);
    if (!(await this.#cancelledFitIsKept("save"))) throw lost("save");
    const state = await this.loadWeights(options.signal);
    await saveImageClassifier(path, this.#spec, this.network, state, options);
  }

  /** Reads a bundle that {@link save} wrote, checking every byte. */
  static async load(path: string): Promise<ImageClassifier> {
    return ImageClassifier.fromBundle(path, await readBundle(path));
  }

  /** @internal Takes a bundle that was read and checked. */
  static fromBundle(path: string, bundle: Bundle): ImageClassifier {
    requireKind(path, bundle, "image-classifier");
    const { options, state } = readImageClassifier(path, bundle);
    return ImageClassifier.fromState(options, state);
  }

  /** @internal */
  static fromState(options: ImageClassifierOptions, state: ImageClassifierState): ImageClassifier {
    const classifier = new ImageClassifier(options);
    classifier.#state = state;
    return classifier;
  }

  /** A few lines for people: network, size, labels, weights, training. */
  summary(): string {
    return summaryOf(this);
  }

  /** The summary: how a notebook shows a classifier. */
  [display](): MimeBundle {
    return { "text/plain": `ImageClassifier\n${this.summary()}` };
  }

  /**
   * Loads the weights that the model starts with, if they are not there yet: other calls do so by themselves.
   *
   * @returns The weights and where they came from.
   */
  async loadWeights(signal?: AbortSignal): Promise<ImageClassifierState> {
    if (this.#state !== undefined) return this.#state;
    return (this.#state = await startingState(this.#spec, this.network, signal));
  }

  /** Frees the threads that score images; the next call starts them again. */
  async dispose(): Promise<void> {
    await this.#runners.close();
  }

  async #probabilities(
    method: string,
    paths: readonly string[],
    options: PredictionOptions,
  ): Promise<ProbabilityPredictions> {
    const where = `ImageClassifier.${method}`;
    if (!(await this.#cancelledFitIsKept(method))) throw lost(method);
    if (typeof this.#spec.baseModel !== "string") throw notANetwork(method, this.#spec.baseModel);
    if (!this.isTrained) {
      throw new SightbookError(
        `${where}: the model is not trained yet. Call fit first, or load a trained model's bundle.`,
      );
    }
    const { run } = await this.#runner("logits");
    const { data, included, problems } = await this.#score(method, run, paths, options);
    return { scores: softmaxRows(data, this.labels.length), included, problems };
  }

  /** Runs the network over the images; a notebook shows how far it is. */
  #score(
    method: string,
    run: Runner["run"],
    paths: readonly string[],
    options: PredictionOptions,
  ): Promise<ScoredRows> {
    const { baseModel } = this.#spec;
    const network = typeof baseModel === "string" ? baseModel : "The network";
    const [name, does] =
      method === "featurize" ? ["Features", "computes features of"] : ["Scoring", "scores"];
    return showScoring(name, `${network} ${does} ${paths.length} images`, options, (shown) =>
      scoreImages(`ImageClassifier.${method}`, run, paths, this.preprocessing, shown),
    );
  }

  /**
   * The stop button frees the notebook's cell at once; the fit behind it still finishes its step and keeps its weights. Waits for
   * that; `false` once if it was lost, after which the model goes on with the weights from before it.
   */
  async #cancelledFitIsKept(method: string): Promise<boolean> {
    const running = this.#running;
    if (running?.isCancelled !== true || (await running.hasEnded(`ImageClassifier.${method}`))) return true;
    if (this.#running === running) this.#running = undefined;
    return false;
  }

  async #runner(output: RunnerOutput, signal?: AbortSignal): Promise<Runner> {
    if (!(await this.#cancelledFitIsKept("featurize"))) throw lost("featurize");
    return this.#runners.get(output, () => this.#openRunner(output, signal));
  }

  async #openRunner(output: RunnerOutput, signal?: AbortSignal): Promise<Runner> {
    const { baseModel } = this.#spec;
    if (typeof baseModel !== "string") {
      return openOnnxBackbone({ ...baseModel, imageSize: this.imageSize });
    }
    const { weights } = await this.loadWeights(signal);
    const session = await openInference(writeOnnx(this.network, weights, { outputs: [output] }));
    return {
      run: async (batch) => (await session.run(batch)).get(output)!.data,
      dispose: () => session.dispose(),
    };
  }
}

function lost(method: string): SightbookError {
  return new SightbookError(
    `ImageClassifier.${method}: the fit before was interrupted in the middle of a long computation, and what it had learned is ` +
      "lost; the model has the weights from before it. Call this again to go on with those, or fit to train.",
  );
}

function provenanceOf({ onnx }: OnnxBackbone): BundleWeights {
  const source = typeof onnx === "string" ? onnx : "an ONNX model in memory";
  return { requested: source, source, licence: "that of the file" };
}

function notANetwork(method: string, { onnx }: OnnxBackbone): ArgumentError {
  return new ArgumentError(
    `ImageClassifier.${method}`,
    "baseModel",
    'a network of this library, such as "ResNet18"',
    { onnx },
    "An ONNX network only gives features: train a linear learner on them with new SvmClassifier(model, new LinearSVC()).",
  );
}
