export { augmentDataset, type AugmentDatasetOptions } from "./augment-dataset.js";
export * as augmenters from "./augmenters.js";
