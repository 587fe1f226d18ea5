/** Asks for one image at full size and for what is known of it: the answer's buffer is a file that a browser shows. */
export type PictureQuestion = {
  readonly id: string;
};

export type PictureFacts = {
  readonly path: string;
  /** Why it cannot be used; empty for an image that can. */
  readonly problem: string;
  /** Pixels, upright; absent where the file's header could not be read, and so are format and size. */
  readonly width?: number;
  readonly height?: number;
  readonly format?: string;
  /** Bytes. */
  readonly fileSize?: number;
};

export const aboutPicture = "picture";
