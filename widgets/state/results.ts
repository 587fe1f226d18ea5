import type { ConfusionCell } from "./confusions.js";

/** In which order images are shown; `"mistakes"` is the most confident mistakes first, `"doubt"` the least confident images. */
export const resultsOrders = ["mistakes", "loss", "doubt", "name", "dataset"] as const;

export type ResultsOrder = (typeof resultsOrders)[number];

/** Which images are shown, by what the evaluation says, and in which order. All conditions hold together. */
export type ResultsFilters = {
  /** Whether images are shown whose prediction is right; and those whose is wrong. */
  readonly right: boolean;
  readonly wrong: boolean;
  /** Index of the label that images must have, or be predicted as; `null` for any. */
  readonly trueLabel: number | null;
  readonly predictedLabel: number | null;
  /** Probability of the predicted label, both ends included, each in `[0, 1]`. */
  readonly confidence: readonly [least: number, most: number];
  readonly sort: ResultsOrder;
};

export const allResults: ResultsFilters = {
  right: true,
  wrong: true,
  trueLabel: null,
  predictedLabel: null,
  confidence: [0, 1],
  sort: "mistakes",
};

/** How many images the filters leave, and how many each choice would leave if only it were changed. */
export type ResultsFound = {
  /** What the counts are of: other filters than the state's are on their way to the kernel. */
  readonly filters: ResultsFilters;
  readonly count: number;
  readonly right: number;
  readonly wrong: number;
  /** By label index. */
  readonly trueLabel: readonly number[];
  readonly predictedLabel: readonly number[];
};

/** One of the images that the filters leave. */
export type ResultsRow = {
  /** Place among them, from 0. */
  readonly position: number;
  readonly id: string;
  readonly name: string;
  readonly isRight: boolean;
};

/** All about one image. */
export type ResultsImage = ResultsRow & {
  /** Indices into the evaluation's labels. */
  readonly trueLabel: number;
  readonly predictedLabel: number;
  /** Probability of each label. */
  readonly scores: readonly number[];
  /** Minus the log of the true label's probability, in nats. */
  readonly loss: number;
  /** The image's labels in the dataset as they are now. */
  readonly labels: readonly string[];
  /** The dataset has no such image any more. */
  readonly absent: boolean;
  readonly excluded: boolean;
  /** Why it cannot be used now; empty for an image that can. */
  readonly problem: string;
  /** Pixels; 0 where they are not known. */
  readonly width: number;
  readonly height: number;
};

/** What both halves of the results widget share. The view changes `filters` and `position`, the host all else. */
export type ResultsState = {
  /** The evaluation's labels. */
  readonly labels: readonly string[];
  /** Labels an image can be given, those of the dataset. */
  readonly datasetLabels: readonly string[];
  readonly cells: readonly ConfusionCell[];
  /** Images evaluated. */
  readonly size: number;
  /** Images that the evaluation left out, each with the sentence that says why; at most {@link shownProblems}. */
  readonly problems: readonly string[];
  readonly problemCount: number;
  /** Images whose label or place in the dataset is another now than at the evaluation. */
  readonly changedCount: number;
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  readonly filters: ResultsFilters;
  readonly position: number;
  readonly found: ResultsFound;
  readonly image: ResultsImage | null;
  /** The image's neighbours and itself, in order. */
  readonly strip: readonly ResultsRow[];
  /** What was just done, in a sentence. */
  readonly said: string;
  /** Why the last edit is not on the disk; empty when it is. */
  readonly trouble: string;
};

export const shownProblems = 100;
