import type { DatasetProblem } from "./problems.js";

/** An image file of a dataset, whether or not it can be read. */
export interface ImageFile {
  /** Path below the dataset's root with `/` between parts on every platform: stable between runs and machines. */
  readonly id: string;
  /** File name. */
  readonly name: string;
  /** Absolute path. */
  readonly path: string;
  /** Label names, the first of which is the one classification uses. */
  readonly labels: readonly string[];
}

/** One image of a dataset. Nothing of its pixels is in memory. */
export interface ImageRecord extends ImageFile {
  /** Pixels, upright. */
  readonly width: number;
  readonly height: number;
  /** Format by content, such as `"jpeg"`. */
  readonly format: string;
  /** Bytes. */
  readonly fileSize: number;
  /** Of an augmented copy, the id of its original. */
  readonly augmentedFrom?: string;
}

/** What a person sees who goes through all files of a dataset: used ones, excluded ones, and those with a problem. */
export interface DatasetEntry extends ImageFile {
  /** With its edits, whether it is used or not; `undefined` where the file's header could not be read. */
  readonly image: ImageRecord | undefined;
  /** The labels are not those that the folder gives. */
  readonly edited: boolean;
  /** The user left it out. */
  readonly excluded: boolean;
  /** Why it cannot be used. */
  readonly problem: DatasetProblem | undefined;
}
