import { toByte, type RgbImage } from "../images/index.js";
import type { Random } from "../random.js";
import { Augmenter, type AugmenterOptions } from "./augmenter.js";
import { checkProbability } from "./meta.js";
import { checkNumber, draw, drawBoolean, type NumberParameter } from "./parameters.js";

export interface MultiplyOptions extends AugmenterOptions {
  /** Factor, 0 or more: 0.8 darkens, 1.2 brightens. Default `[0.8, 1.2]`. */
  readonly mul?: NumberParameter;
  /** Draw a factor for each channel, which changes the hue: yes, no, or a probability. Default false. */
  readonly perChannel?: boolean | NumberParameter;
}

/** Multiplies all values by a factor; results are rounded and kept in 0 to 255. */
export class Multiply extends Augmenter {
  readonly kind = "Multiply";
  readonly mul: NumberParameter;
  readonly perChannel: boolean | NumberParameter;

  constructor({ mul = [0.8, 1.2], perChannel = false, ...options }: MultiplyOptions = {}) {
    super(options);
    checkNumber("Multiply", "mul", mul, { minimum: 0, must: "a factor of 0 or more" });
    if (typeof perChannel !== "boolean") checkProbability("Multiply", "perChannel", perChannel);
    this.mul = mul;
    this.perChannel = perChannel;
  }

  protected parameters(): Readonly<Record<string, unknown>> {
    return { mul: this.mul, perChannel: this.perChannel };
  }

  protected apply(image: RgbImage, random: Random): RgbImage {
    const isPerChannel = drawBoolean(this.perChannel, random);
    const first = draw(this.mul, random);
    const factors = isPerChannel
      ? [first, draw(this.mul, random), draw(this.mul, random)]
      : [first, first, first];
    if (factors.every((factor) => factor === 1)) return image;
    const tables = factors.map((factor) =>
      Uint8Array.from({ length: 256 }, (_, value) => toByte(value * factor)),
    );
    const data = new Uint8Array(image.data.length);
    for (let i = 0; i < data.length; i += 3) {
      for (let channel = 0; channel < 3; channel++)
        data[i + channel] = tables[channel]![image.data[i + channel]!]!;
    }
    return { ...image, data };
  }
}
