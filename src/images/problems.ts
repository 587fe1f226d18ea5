import { SightbookError } from "../errors.js";

/**
 * What is wrong with an image file.
 *
 * - `"empty"`: the file has no bytes.
 * - `"truncated"`: its end is missing, such as after an interrupted download.
 * - `"oversized"`: more pixels than the limit (see {@link DecodeOptions.limitInputPixels}).
 * - `"unsupported"`: an image of a format that is not read here, such as SVG, PDF or HEIC.
 * - `"unreadable"`: anything else: absent, no permission, not an image at all, or damaged inside.
 */
export type ImageProblemKind = "empty" | "truncated" | "oversized" | "unsupported" | "unreadable";

/** One image that is left out, with the sentence to show to the user; `message` begins with `path`. */
export interface ImageProblem {
  readonly path: string;
  readonly kind: ImageProblemKind;
  readonly message: string;
}

/** An image that cannot be used. Nothing is ever put in its place: no grey fill, no other image. */
export class ImageError extends SightbookError implements ImageProblem {
  override readonly name = "ImageError";

  constructor(
    readonly path: string,
    readonly kind: ImageProblemKind,
    problem: string,
    wayOut: string,
    options?: ErrorOptions,
  ) {
    super(`${path}: ${problem}. ${wayOut}`, options);
  }

  /** The error of a problem that came from another thread. */
  static of({ path, kind, message }: ImageProblem): ImageError {
    const error = new ImageError(path, kind, "", "");
    error.message = message;
    return error;
  }

  toProblem(): ImageProblem {
    return { path: this.path, kind: this.kind, message: this.message };
  }
}
