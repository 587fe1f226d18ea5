import { mirrorRows, type RgbImage } from "../images/index.js";
import type { Random } from "../random.js";
import { Augmenter, type AugmenterOptions } from "./augmenter.js";
import { checkProbability } from "./meta.js";
import { drawBoolean, type NumberParameter } from "./parameters.js";

/** Mirrors left to right with a probability. Not for labels that a mirror changes, such as letters. */
export class Fliplr extends Augmenter {
  readonly kind = "Fliplr";

  /** @param p - Probability in [0, 1]. Default 1, as in imgaug. */
  constructor(
    readonly p: NumberParameter = 1,
    options: AugmenterOptions = {},
  ) {
    super(options);
    checkProbability("Fliplr", "p", p);
  }

  protected parameters(): Readonly<Record<string, unknown>> {
    return { p: this.p };
  }

  protected apply(image: RgbImage, random: Random): RgbImage {
    if (!drawBoolean(this.p, random)) return image;
    const data = new Uint8Array(image.data); // a copy, also of a Buffer, whose slice is none
    mirrorRows(data, image.width, image.height);
    return { ...image, data };
  }
}

/** Mirrors top to bottom with a probability. */
export class Flipud extends Augmenter {
  readonly kind = "Flipud";

  /** @param p - Probability in [0, 1]. Default 1, as in imgaug. */
  constructor(
    readonly p: NumberParameter = 1,
    options: AugmenterOptions = {},
  ) {
    super(options);
    checkProbability("Flipud", "p", p);
  }

  protected parameters(): Readonly<Record<string, unknown>> {
    return { p: this.p };
  }

  protected apply(image: RgbImage, random: Random): RgbImage {
    if (!drawBoolean(this.p, random)) return image;
    const { width, height } = image;
    const data = new Uint8Array(image.data.length);
    const row = width * 3;
    for (let y = 0; y < height; y++) {
      data.set(image.data.subarray(y * row, (y + 1) * row), (height - 1 - y) * row);
    }
    return { width, height, data };
  }
}
