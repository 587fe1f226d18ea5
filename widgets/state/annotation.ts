/** One image as the grid shows it. */
export type AnnotationRow = {
  readonly id: string;
  readonly name: string;
  readonly labels: readonly string[];
};

/** What both halves of the annotation widget share. */
export type AnnotationState = {
  readonly labels: readonly string[];
  readonly counts: readonly number[];
  readonly page: number;
  readonly pageCount: number;
  readonly rows: readonly AnnotationRow[];
};
