export { ClassificationDataset, type DatasetSplitOptions } from "./dataset.js";
export type { DatasetDescription, Spread } from "./description.js";
export type { DuplicateGroup, DuplicateOptions, Duplicates } from "./duplicates.js";
export { inParallel, type ParallelOptions } from "./in-parallel.js";
export type { DatasetEntry, ImageFile, ImageRecord } from "./image-record.js";
export type { CheckOptions, DatasetProgress, OpenOptions, RecordInput } from "./open.js";
export type { DatasetProblem, DatasetProblemKind } from "./problems.js";
export type { SplitOptions } from "./split.js";
export type { DatasetChange } from "./store.js";
