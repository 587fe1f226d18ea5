export { contactSheet, type SheetPicture } from "./contact-sheet.js";
export {
  checkImage,
  decode,
  decodeImage,
  decodeResized,
  encodeImage,
  thumbnail,
  type DecodeOptions,
  type ImageInput,
} from "./decode.js";
export { fingerprint, fingerprintBits, fingerprintDistance } from "./fingerprint.js";
export { findImages } from "./find-images.js";
export { formatNames, imageExtensions, sniffFormat, type ImageFormat } from "./formats.js";
export {
  defaultLimitInputPixels,
  inspectImage,
  readImageHeader,
  type HeaderOptions,
  type ImageHeader,
  type InspectOptions,
} from "./header.js";
export type { Interpolation, Preprocessing, TrainingTransforms } from "./preprocessing.js";
export { ImageError, type ImageProblem, type ImageProblemKind } from "./problems.js";
export { resizeImage, toByte } from "./resample.js";
export { copyRectangle, mirrorRows, type Rectangle, type RgbImage } from "./rgb-image.js";
export { Slots } from "./slots.js";
export { imageStatisticNames, imageStatistics, type ImageStatistics } from "./statistics.js";
export { PixelLoader, type BatchOptions, type PixelBatch, type PixelLoaderOptions } from "./pixel-loader.js";
