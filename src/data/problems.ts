import type { ImageProblemKind } from "../images/index.js";

/**
 * What is wrong with a part of a dataset: an image's own kinds, and
 *
 * - `"unlabelled"`: an image that lies directly in the root, in no label's folder.
 * - `"unknownLabel"`: an image whose label is not among the labels asked for.
 * - `"emptyLabel"`: a folder in the root that holds no usable image, and so is no label.
 */
export type DatasetProblemKind = ImageProblemKind | "unlabelled" | "unknownLabel" | "emptyLabel";

/** Something that is left out of the dataset, with the sentence to show to the user; `message` begins with `path`. */
export interface DatasetProblem {
  readonly path: string;
  readonly kind: DatasetProblemKind;
  readonly message: string;
}
