/** One image as the grid shows it. */
export type AnnotationRow = {
  readonly id: string;
  readonly name: string;
  /** The first is the one classification uses; empty for an image that lies in no label's folder. */
  readonly labels: readonly string[];
  readonly edited: boolean;
  readonly excluded: boolean;
  /** Why it cannot be used; empty for an image that can. */
  readonly problem: string;
};

/** Which images are shown; views change it, and all conditions must hold. */
export type AnnotationQuery = {
  /** From 0. */
  readonly page: number;
  /** Images per page. */
  readonly pageSize: number;
  /** A part of the image's path below the dataset's folder; upper and lower case are one. */
  readonly search: string;
  /** Images that have this label; empty for all. */
  readonly labelFilter: string;
  readonly onlyEdited: boolean;
  readonly onlyProblem: boolean;
  readonly onlyExcluded: boolean;
};

/** What both halves of the annotation widget share. */
export type AnnotationState = AnnotationQuery & {
  readonly labels: readonly string[];
  /** Usable images that have each label. */
  readonly counts: readonly number[];
  /** All images, those that the query asks for, and those in each state. */
  readonly total: number;
  readonly matching: number;
  readonly edited: number;
  readonly problems: number;
  readonly excluded: number;
  readonly pageCount: number;
  readonly rows: readonly AnnotationRow[];
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  /** What was just done, in a sentence. */
  readonly said: string;
  /** Why the last edit is not on the disk; empty when it is. */
  readonly trouble: string;
};
