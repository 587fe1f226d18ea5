/** How many images have exactly (or, where there are many sizes, about) this size. */
export type OverviewSize = { readonly width: number; readonly height: number; readonly count: number };

export type OverviewImage = {
  readonly id: string;
  readonly name: string;
  readonly labels: readonly string[];
};

/** Images that are the same picture. */
export type OverviewDuplicates = {
  readonly kind: "exact" | "near";
  readonly labelsDiffer: boolean;
  readonly images: readonly OverviewImage[];
};

/** How far the search for duplicates is. */
export type OverviewSearch = {
  readonly phase: "none" | "running" | "done" | "failed";
  readonly done: number;
  readonly total: number;
  /** What was found, or why nothing was: one sentence. */
  readonly text: string;
};

/** What both halves of the dataset overview share. */
export type OverviewState = {
  readonly title: string;
  /** The label whose images are described; empty for all. A view may change it. */
  readonly label: string;
  /** Images of each label, whatever is chosen. */
  readonly counts: readonly { readonly label: string; readonly count: number }[];
  /** Names and values about the chosen images. */
  readonly facts: readonly (readonly [name: string, value: string])[];
  readonly sizes: readonly OverviewSize[];
  /** Some of the chosen images, spread evenly. */
  readonly samples: readonly OverviewImage[];
  readonly search: OverviewSearch;
  /** The first groups of duplicates that have a chosen image; label conflicts come first. */
  readonly duplicates: readonly OverviewDuplicates[];
  readonly problemCount: number;
  /** The sentences of the first problems. */
  readonly problems: readonly string[];
};
