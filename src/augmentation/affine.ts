import { toByte, type RgbImage } from "../images/index.js";
import type { Random } from "../random.js";
import { ArgumentError } from "../errors.js";
import { Augmenter, type AugmenterOptions } from "./augmenter.js";
import { checkNumber, checkWord, draw, drawInteger, drawWord } from "./parameters.js";
import type { NumberParameter, WordParameter } from "./parameters.js";
import { borderIndex, borderModes, type BorderMode } from "./sampling.js";

/** One parameter for both directions, drawn once, or one for each. */
export type AxesParameter = NumberParameter | { readonly x?: NumberParameter; readonly y?: NumberParameter };

export interface AffineOptions extends AugmenterOptions {
  /** Factor of size, above 0: 1.2 enlarges by a fifth. Default 1. */
  readonly scale?: AxesParameter;
  /** Shift as a share of width and height: positive is right and down. Not with `translatePx`. Default 0. */
  readonly translatePercent?: AxesParameter;
  /** Shift in whole pixels: positive is right and down. Default 0. */
  readonly translatePx?: AxesParameter;
  /** Degrees, clockwise. Default 0. */
  readonly rotate?: NumberParameter;
  /** Degrees; a number alone is a shear along x. Default 0. */
  readonly shear?: AxesParameter;
  /** Interpolation: 0 nearest, 1 bilinear (the default), 3 bicubic. */
  readonly order?: 0 | 1 | 3;
  /** Value, 0 to 255, of what comes into view with mode `"constant"`. Default 0. */
  readonly cval?: NumberParameter;
  /** What comes into view from outside. Default `"constant"`. */
  readonly mode?: WordParameter<BorderMode>;
}

/**
 * Scales, shears, rotates and shifts, in this order, about the centre of the image. The size stays.
 *
 * Every pixel of the result is looked up where it comes from; reducing does not average, as in imgaug.
 */
export class Affine extends Augmenter {
  readonly kind = "Affine";
  readonly scale: AxesParameter;
  readonly translatePercent: AxesParameter | undefined;
  readonly translatePx: AxesParameter | undefined;
  readonly rotate: NumberParameter;
  readonly shear: AxesParameter;
  readonly order: 0 | 1 | 3;
  readonly cval: NumberParameter;
  readonly mode: WordParameter<BorderMode>;

  constructor({
    scale = 1,
    translatePercent,
    translatePx,
    rotate = 0,
    shear = 0,
    order = 1,
    cval = 0,
    mode = "constant",
    ...options
  }: AffineOptions) {
    super(options);
    if (translatePercent !== undefined && translatePx !== undefined) {
      const got = { translatePercent, translatePx };
      throw new ArgumentError(
        "Affine",
        "translatePercent and translatePx",
        "given one and not the other",
        got,
      );
    }
    checkAxes("scale", scale, { minimum: 1e-3, must: "a factor above 0" });
    checkAxes("translatePercent", translatePercent ?? 0, { must: "a share of the side" });
    checkAxes("translatePx", translatePx ?? 0, { must: "a number of pixels" });
    checkNumber("Affine", "rotate", rotate, { must: "degrees" });
    checkAxes("shear", shear, { minimum: -89, maximum: 89, must: "degrees in [-89, 89]" });
    if (!([0, 1, 3] as unknown[]).includes(order)) {
      throw new ArgumentError("Affine", "order", "0 (nearest), 1 (bilinear) or 3 (bicubic)", order);
    }
    checkNumber("Affine", "cval", cval, { minimum: 0, maximum: 255, must: "a value in [0, 255]" });
    checkWord("Affine", "mode", mode, borderModes);
    this.scale = scale;
    this.translatePercent = translatePercent;
    this.translatePx = translatePx;
    this.rotate = rotate;
    this.shear = shear;
    this.order = order;
    this.cval = cval;
    this.mode = mode;
  }

  protected parameters(): Readonly<Record<string, unknown>> {
    const { scale, translatePercent, translatePx, rotate, shear, order, cval, mode } = this;
    const shift = translatePx === undefined ? { translatePercent: translatePercent ?? 0 } : { translatePx };
    return { scale, ...shift, rotate, shear, order, cval, mode };
  }

  protected apply(image: RgbImage, random: Random): RgbImage {
    const { width, height } = image;
    const scale = drawAxes(this.scale, random, { missing: 1 });
    const shift =
      this.translatePx === undefined
        ? drawAxes(this.translatePercent ?? 0, random, { missing: 0 })
        : drawAxes(this.translatePx, random, { missing: 0, drawOne: drawInteger });
    const [across, down] = this.translatePx === undefined ? [width, height] : [1, 1];
    const rotate = radians(draw(this.rotate, random));
    const shear = isAxes(this.shear)
      ? drawAxes(this.shear, random, { missing: 0 })
      : { x: draw(this.shear, random), y: 0 };
    const fill = draw(this.cval, random);
    const mode = drawWord(this.mode, random);
    const matrix = inverse(forwardMatrix(scale, { x: radians(shear.x), y: radians(shear.y) }, rotate));
    const offset = { x: shift.x * across, y: shift.y * down };
    if (matrix.every((value, i) => value === [1, 0, 0, 1][i]) && offset.x === 0 && offset.y === 0)
      return image;
    return warp(image, { matrix, offset, order: this.order, mode, fill: toByte(fill) });
  }
}

interface Axes {
  readonly x: number;
  readonly y: number;
}

/** `[a, b, c, d]` maps x to a x + b y and y to c x + d y. */
type Matrix = readonly [number, number, number, number];

/** Rotation times shear times scale; with y pointing down, a positive angle turns clockwise. */
function forwardMatrix(scale: Axes, shear: Axes, angle: number): Matrix {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const sheared: Matrix = [scale.x, Math.tan(shear.x) * scale.y, Math.tan(shear.y) * scale.x, scale.y];
  return [
    cos * sheared[0] - sin * sheared[2],
    cos * sheared[1] - sin * sheared[3],
    sin * sheared[0] + cos * sheared[2],
    sin * sheared[1] + cos * sheared[3],
  ];
}

function inverse([a, b, c, d]: Matrix): Matrix {
  const determinant = a * d - b * c;
  // Two opposite shears may fold the plane onto a line; then a sliver stays instead of a division by zero.
  const safe = Math.abs(determinant) < 1e-6 ? 1e-6 : determinant;
  return [d / safe, -b / safe || 0, -c / safe || 0, a / safe];
}

interface Warp {
  readonly matrix: Matrix;
  readonly offset: Axes;
  readonly order: 0 | 1 | 3;
  readonly mode: BorderMode;
  readonly fill: number;
}

function warp(image: RgbImage, { matrix: [a, b, c, d], offset, order, mode, fill }: Warp): RgbImage {
  const { width, height, data } = image;
  const result = new Uint8Array(data.length);
  const [centreX, centreY] = [(width - 1) / 2, (height - 1) / 2];
  const taps = order === 3 ? 4 : 2;
  const columns = new Int32Array(taps);
  const weightsX = new Float64Array(taps);
  const weightsY = new Float64Array(taps);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [dx, dy] = [x - centreX - offset.x, y - centreY - offset.y];
      const fromX = a * dx + b * dy + centreX;
      const fromY = c * dx + d * dy + centreY;
      const at = (y * width + x) * 3;
      if (order === 0) {
        const column = borderIndex(Math.round(fromX), width, mode);
        const row = borderIndex(Math.round(fromY), height, mode);
        const source = (row * width + column) * 3;
        const isOutside = row < 0 || column < 0;
        for (let channel = 0; channel < 3; channel++) {
          result[at + channel] = isOutside ? fill : data[source + channel]!;
        }
        continue;
      }
      const firstX = interpolationWeights(fromX, order, weightsX);
      const firstY = interpolationWeights(fromY, order, weightsY);
      for (let i = 0; i < taps; i++) columns[i] = borderIndex(firstX + i, width, mode);
      let [red, green, blue] = [0, 0, 0];
      for (let j = 0; j < taps; j++) {
        const row = borderIndex(firstY + j, height, mode);
        for (let i = 0; i < taps; i++) {
          const weight = weightsX[i]! * weightsY[j]!;
          const column = columns[i]!;
          if (row < 0 || column < 0) {
            red += weight * fill;
            green += weight * fill;
            blue += weight * fill;
          } else {
            const source = (row * width + column) * 3;
            red += weight * data[source]!;
            green += weight * data[source + 1]!;
            blue += weight * data[source + 2]!;
          }
        }
      }
      result[at] = toByte(red);
      result[at + 1] = toByte(green);
      result[at + 2] = toByte(blue);
    }
  }
  return { width, height, data: result };
}

/** Fills the weights of the pixels around `position` and returns the first pixel's index. */
function interpolationWeights(position: number, order: 1 | 3, weights: Float64Array): number {
  const floor = Math.floor(position);
  const t = position - floor;
  if (order === 1) {
    weights[0] = 1 - t;
    weights[1] = t;
    return floor;
  }
  // Keys's cubic with a = -0.5 (Catmull-Rom).
  weights[0] = ((-0.5 * t + 1) * t - 0.5) * t;
  weights[1] = (1.5 * t - 2.5) * t * t + 1;
  weights[2] = ((-1.5 * t + 2) * t + 0.5) * t;
  weights[3] = (0.5 * t - 0.5) * t * t;
  return floor - 1;
}

function radians(degrees: number): number {
  return (degrees * Math.PI) / 180;
}

function isAxes(
  parameter: AxesParameter,
): parameter is { readonly x?: NumberParameter; readonly y?: NumberParameter } {
  return typeof parameter === "object" && ("x" in parameter || "y" in parameter);
}

function drawAxes(
  parameter: AxesParameter,
  random: Random,
  {
    missing,
    drawOne = draw,
  }: { missing: number; drawOne?: (parameter: NumberParameter, random: Random) => number },
): Axes {
  if (isAxes(parameter)) {
    const x = drawOne(parameter.x ?? missing, random);
    return { x, y: drawOne(parameter.y ?? missing, random) };
  }
  const value = drawOne(parameter, random);
  return { x: value, y: value };
}

function checkAxes(
  argument: string,
  parameter: AxesParameter,
  bounds: Parameters<typeof checkNumber>[3],
): void {
  if (isAxes(parameter)) {
    if (parameter.x !== undefined) checkNumber("Affine", `${argument}.x`, parameter.x, bounds);
    if (parameter.y !== undefined) checkNumber("Affine", `${argument}.y`, parameter.y, bounds);
  } else {
    checkNumber("Affine", argument, parameter, bounds);
  }
}
