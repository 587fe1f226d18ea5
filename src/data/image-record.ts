/** One image of a dataset. Nothing of its pixels is in memory. */
export interface ImageRecord {
  /** Path below the dataset's root with `/` between parts on every platform: stable between runs and machines. */
  readonly id: string;
  /** File name. */
  readonly name: string;
  /** Absolute path. */
  readonly path: string;
  /** Label names, the first of which is the one classification uses. */
  readonly labels: readonly string[];
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
