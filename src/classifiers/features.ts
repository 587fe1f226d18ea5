import type { ImageProblem } from "../evaluation/index.js";
import type { FeatureMatrix } from "./feature-matrix.js";

/** Features of the images that could be read. */
export interface Features {
  readonly features: FeatureMatrix;
  /** For each row, the index of its image in what was passed. */
  readonly included: readonly number[];
  readonly problems: readonly ImageProblem[];
}
