import { ArgumentError } from "../errors.js";

/**
 * How an image becomes the network's input: resized, then cropped in the middle. Pixel values stay 0 to 255; the
 * normalisation is part of the network.
 */
export interface Preprocessing {
  /** Height and width that enter the network. */
  readonly imageSize: readonly [height: number, width: number];
  /**
   * Length of the shorter side after resizing, before the centre crop; both sides keep their ratio. Where `imageSize`
   * is larger in one direction, the image is resized until it covers `imageSize`.
   */
  readonly resizeTo: number;
  /**
   * Default `"bilinear"`. All but `"nearest"` average over the area that an output pixel covers, as Pillow and
   * torchvision do with `antialias`.
   */
  readonly interpolation?: Interpolation;
}

export type Interpolation = "nearest" | "bilinear" | "bicubic" | "lanczos";

/** Random changes of training images, drawn anew in every epoch. */
export interface TrainingTransforms {
  /**
   * Cuts a rectangle of random area and ratio and resizes it to `imageSize`, as torchvision's `RandomResizedCrop`:
   * `scale` is the range of the rectangle's share of the image's area, `ratio` that of width / height.
   */
  readonly randomResizedCrop?: {
    readonly scale: readonly [number, number];
    readonly ratio: readonly [number, number];
  };
  /** Cuts `imageSize` at a random place instead of in the middle, without resizing. Not with `randomResizedCrop`. */
  readonly randomCrop?: boolean;
  /** Probability in [0, 1] of mirroring left to right. Default 0. */
  readonly flip?: number;
}

/** @throws {@link ArgumentError} naming the field that is out of range. */
export function checkPreprocessing(where: string, { imageSize, resizeTo }: Preprocessing): void {
  if (!imageSize.every((side) => Number.isInteger(side) && side >= 1 && side <= 16_384)) {
    throw new ArgumentError(where, "imageSize", "two whole numbers of pixels, height and width", imageSize);
  }
  if (!Number.isInteger(resizeTo) || resizeTo < 1) {
    throw new ArgumentError(where, "resizeTo", "a whole number of pixels", resizeTo);
  }
  if (resizeTo < Math.min(...imageSize)) {
    throw new ArgumentError(
      where,
      "resizeTo",
      `at least the shorter side of imageSize, ${Math.min(...imageSize)}`,
      resizeTo,
      "Resize to about 1.14 times the crop, such as 256 for 224.",
    );
  }
}

/** @throws {@link ArgumentError} naming the field that is out of range. */
export function checkTrainingTransforms(where: string, transforms: TrainingTransforms): void {
  const { randomResizedCrop: crop, randomCrop = false, flip = 0 } = transforms;
  if (!(flip >= 0 && flip <= 1)) throw new ArgumentError(where, "flip", "a probability in [0, 1]", flip);
  if (crop === undefined) return;
  if (randomCrop) {
    throw new ArgumentError(where, "randomCrop", "left out where randomResizedCrop is given", randomCrop);
  }
  const [smallest, largest] = crop.scale;
  if (!(smallest > 0 && smallest <= largest && largest <= 1)) {
    throw new ArgumentError(
      where,
      "randomResizedCrop.scale",
      "a range in (0, 1], such as [0.08, 1]",
      crop.scale,
    );
  }
  const [narrowest, widest] = crop.ratio;
  if (!(narrowest > 0 && narrowest <= widest)) {
    throw new ArgumentError(
      where,
      "randomResizedCrop.ratio",
      "a range above 0, such as [3 / 4, 4 / 3]",
      crop.ratio,
    );
  }
}
