import { copyRectangle, resizeImage, type RgbImage } from "../images/index.js";
import type { Random } from "../random.js";
import { ArgumentError } from "../errors.js";
import { Augmenter, type AugmenterOptions } from "./augmenter.js";
import { checkNumber, draw, drawInteger, type NumberParameter } from "./parameters.js";

/** One parameter for all sides, or one for each. */
export type SidesParameter =
  | NumberParameter
  | readonly [top: NumberParameter, right: NumberParameter, bottom: NumberParameter, left: NumberParameter];

export interface CropOptions extends AugmenterOptions {
  /** Pixels taken off each side; not together with `percent`. */
  readonly px?: SidesParameter;
  /** Share of the height (top, bottom) or width (left, right) taken off each side, in [0, 1): 0.1 is a tenth. */
  readonly percent?: SidesParameter;
  /** Enlarge the rest to the size of the original (bilinear). Default true. */
  readonly keepSize?: boolean;
  /** Draw for each side on its own, instead of once for all. Default true. */
  readonly sampleIndependently?: boolean;
}

/** Cuts off the sides. At least one pixel in each direction stays. */
export class Crop extends Augmenter {
  readonly kind = "Crop";
  readonly px: SidesParameter | undefined;
  readonly percent: SidesParameter | undefined;
  readonly keepSize: boolean;
  readonly sampleIndependently: boolean;

  constructor({ px, percent, keepSize = true, sampleIndependently = true, ...options }: CropOptions) {
    super(options);
    if ((px === undefined) === (percent === undefined)) {
      throw new ArgumentError("Crop", "px and percent", "given one and not the other", { px, percent });
    }
    const must = px === undefined ? "a share of the side in [0, 1)" : "0 or more pixels";
    const maximum = px === undefined ? 1 - Number.EPSILON : Infinity;
    for (const side of sides((px ?? percent)!)) {
      checkNumber("Crop", px === undefined ? "percent" : "px", side, { minimum: 0, maximum, must });
    }
    this.px = px;
    this.percent = percent;
    this.keepSize = keepSize;
    this.sampleIndependently = sampleIndependently;
  }

  protected parameters(): Readonly<Record<string, unknown>> {
    const { px, percent, keepSize, sampleIndependently } = this;
    return { ...(px === undefined ? { percent } : { px }), keepSize, sampleIndependently };
  }

  protected apply(image: RgbImage, random: Random): RgbImage {
    const { width, height } = image;
    const [top, right, bottom, left] = this.#drawSides(random, [height, width, height, width]);
    const [first, last] = fit(top, bottom, height);
    const [start, end] = fit(left, right, width);
    if (first === 0 && start === 0 && last === 0 && end === 0) return image;
    const rectangle = { left: start, top: first, width: width - start - end, height: height - first - last };
    const cropped = { ...rectangle, data: copyRectangle(image, rectangle) };
    const result = { width: cropped.width, height: cropped.height, data: cropped.data };
    return this.keepSize ? resizeImage(result, width, height) : result;
  }

  #drawSides(
    random: Random,
    lengths: readonly [number, number, number, number],
  ): [number, number, number, number] {
    const parameters = sides((this.px ?? this.percent)!);
    const drawOne = (i: number): number =>
      this.px === undefined ? draw(parameters[i]!, random) : drawInteger(parameters[i]!, random);
    const toPixels = (value: number, i: number): number =>
      this.px === undefined ? Math.round(value * lengths[i]!) : value;
    const isShared = !this.sampleIndependently && !isFour((this.px ?? this.percent)!);
    const shared = isShared ? drawOne(0) : undefined;
    const pixels = (i: number): number => toPixels(shared ?? drawOne(i), i);
    return [pixels(0), pixels(1), pixels(2), pixels(3)];
  }
}

function isFour(parameter: SidesParameter): parameter is Extract<SidesParameter, { readonly length: 4 }> {
  return Array.isArray(parameter) && parameter.length === 4;
}

function sides(
  parameter: SidesParameter,
): readonly [NumberParameter, NumberParameter, NumberParameter, NumberParameter] {
  return isFour(parameter) ? parameter : [parameter, parameter, parameter, parameter];
}

/** Reduces what is cut on two opposite sides so that one pixel stays, both in proportion. */
function fit(before: number, after: number, length: number): [number, number] {
  const excess = before + after - (length - 1);
  if (excess <= 0) return [before, after];
  const less = Math.round((excess * before) / (before + after));
  return [before - less, after - (excess - less)];
}
