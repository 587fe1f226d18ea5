/** Asks for small pictures: the answer's buffers are encoded images in the order of `ids`, empty where one cannot be read. */
export type ThumbnailsQuestion = {
  readonly ids: readonly string[];
  /** Longer side in pixels of the screen. */
  readonly size: number;
};

export const aboutThumbnails = "thumbnails";
