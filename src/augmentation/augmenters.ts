export { Affine, type AffineOptions, type AxesParameter } from "./affine.js";
export { Augmenter, type AugmenterOptions, type AugmenterRecipe } from "./augmenter.js";
export { GaussianBlur, type GaussianBlurOptions } from "./blur.js";
export { Crop, type CropOptions, type SidesParameter } from "./crop.js";
export { Fliplr, Flipud } from "./flip.js";
export { OneOf, Sequential, Sometimes, type SequentialOptions } from "./meta.js";
export { Multiply, type MultiplyOptions } from "./multiply.js";
export {
  choice,
  clip,
  normal,
  uniform,
  type Distribution,
  type NumberParameter,
  type WordParameter,
} from "./parameters.js";
export { fromRecipe } from "./recipe.js";
export type { BorderMode } from "./sampling.js";
