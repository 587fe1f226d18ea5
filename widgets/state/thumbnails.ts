/** Asks for small pictures: the answer's buffers are encoded images in the order of `ids`, empty where one cannot be read. */
export type ThumbnailsQuestion = {
  readonly ids: readonly string[];
  /** Longer side in pixels of the screen. */
  readonly size: number;
  /** Names the asking view, so that of its questions only those of its latest turn are worked on. */
  readonly view: string;
  readonly turn: number;
};

export type ThumbnailsAnswer = {
  /** A later turn came before this one was worked on. */
  readonly abandoned: boolean;
};

export const aboutThumbnails = "thumbnails";
