import type { ProbabilityPredictions } from "../evaluation/index.js";

/** What a classifier says about one image. */
export interface ImageScores {
  readonly path: string;
  /** The label with the highest score. */
  readonly label: string;
  /** Its index in the classifier's labels. */
  readonly labelIndex: number;
  /** Its probability. */
  readonly score: number;
  /** Probability of each label. */
  readonly scores: Readonly<Record<string, number>>;
  readonly problem?: undefined;
}

/** An image that could not be read; the others are scored all the same. */
export interface UnreadableImage {
  readonly path: string;
  readonly label?: undefined;
  readonly problem: {
    /** Short and stable, such as `"truncated"`. */
    readonly kind: string;
    /** One sentence. */
    readonly message: string;
  };
}

export type ImagePrediction = ImageScores | UnreadableImage;

/** One prediction per image, in the order of `paths`. */
export function predictionsOf(
  paths: readonly string[],
  labels: readonly string[],
  { scores, included, problems }: ProbabilityPredictions,
): ImagePrediction[] {
  const rowOfImage = new Map(Array.from(included, (image, row) => [image, row]));
  const problemByPath = new Map(problems.map((problem) => [problem.path, problem]));
  return paths.map((path, image) => {
    const row = rowOfImage.get(image);
    if (row === undefined) {
      const { kind, message } = problemByPath.get(path)!;
      return { path, problem: { kind, message } };
    }
    const own = scores.subarray(row * labels.length, (row + 1) * labels.length);
    const labelIndex = own.indexOf(Math.max(...own));
    return {
      path,
      label: labels[labelIndex]!,
      labelIndex,
      score: own[labelIndex]!,
      scores: Object.fromEntries(labels.map((label, index) => [label, own[index]!])),
    };
  });
}
