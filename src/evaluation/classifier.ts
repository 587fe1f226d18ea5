/** One image of a test set, as far as evaluation needs to know it. */
export interface LabelledImage {
  readonly id: string | number;
  readonly path: string;
  /** Label names; the first is the one that classification is about. Empty: not labelled yet. */
  readonly labels: readonly string[];
}

/** A labelled set of images: any `ClassificationDataset`, or a plain object. */
export interface LabelledImages {
  /** Names of the labels that occur or could occur in `images`. */
  readonly labels: readonly string[];
  readonly images: readonly LabelledImage[];
  /** Told of an image that could not be read; a dataset then names it in its problems and leaves it out. */
  addProblem?(problem: ImageProblem): void;
}

/** An image that was left out, and why. */
export interface ImageProblem {
  readonly path: string;
  /** Short and stable, for programs, such as `"truncated"`. */
  readonly kind: string;
  /** One sentence for people. */
  readonly message: string;
}

/** How far a long prediction has come. */
export interface PredictionProgress {
  /** Images finished, those left out included. */
  readonly done: number;
  readonly total: number;
}

export interface PredictionOptions {
  /** Images scored at once. */
  readonly batchSize?: number;
  /** Cancels with a `CancelledError`. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: PredictionProgress) => void;
}

/** Scores of the images that could be read. */
export interface ProbabilityPredictions {
  /** Probabilities, row-major `[included.length, labels]` in the order of the classifier's labels. */
  readonly scores: Float32Array | Float64Array;
  /** For each row of `scores`, the index of its image in the images that were passed. */
  readonly included: Int32Array | readonly number[];
  /** The images that are not in `included`, each with its sentence. */
  readonly problems: readonly ImageProblem[];
}

/**
 * What evaluation needs of a trained model, whatever its kind.
 *
 * The interface lives here because evaluation depends on nothing else; classifiers implement it.
 */
export interface Classifier {
  /** Label names; their order is the order of the columns of the scores. */
  readonly labels: readonly string[];
  /** Probabilities of all labels for every image that can be read; unreadable ones are named, never replaced. */
  predictProbabilities(images: LabelledImages, options?: PredictionOptions): Promise<ProbabilityPredictions>;
}
