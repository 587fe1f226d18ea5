import { ArgumentError } from "../errors.js";
import type { RgbImage } from "../images/index.js";
import { Random } from "../random.js";

/** What every augmenter takes besides its own parameters. */
export interface AugmenterOptions {
  /**
   * A source of chance of its own: the same seed gives the same changes. Default: drawn from the seed of whatever
   * uses the augmenter, or 0.
   */
  readonly seed?: number;
}

/** An augmenter written down: its kind, and all that its constructor was given. */
export interface AugmenterRecipe {
  readonly kind: string;
  readonly [parameter: string]: unknown;
}

/**
 * A random change of images that leaves their label true.
 *
 * Augmenters are immutable: they hold parameters (see {@link NumberParameter}), and every draw comes from the random
 * source that is passed in, so the same source gives the same pixels on every machine. The names are imgaug's, in
 * camel case.
 */
export abstract class Augmenter {
  /** The class's name, such as `"Fliplr"`. */
  abstract readonly kind: string;
  readonly seed: number | undefined;
  #own: Random | undefined;

  constructor({ seed }: AugmenterOptions = {}) {
    if (seed !== undefined && !Number.isInteger(seed)) {
      throw new ArgumentError(new.target.name, "seed", "a whole number", seed);
    }
    this.seed = seed;
  }

  /**
   * Changes one image.
   *
   * @param image - Left as it is.
   * @param random - Source of chance. Default: the augmenter's own, which goes on with every call, so that calls in the
   *   same order give the same images.
   * @returns A new image, or the same object where nothing changes.
   */
  augmentImage(image: RgbImage, random?: Random): RgbImage {
    this.#own ??= new Random(this.seed ?? 0);
    const source = random ?? this.#own;
    if (random === undefined || this.seed === undefined) return this.apply(image, source);
    return this.apply(image, new Random(this.seed ^ source.integer(2 ** 32)));
  }

  /** Changes several images, one after the other, as {@link augmentImage} does. */
  augmentImages(images: readonly RgbImage[], random?: Random): RgbImage[] {
    return images.map((image) => this.augmentImage(image, random));
  }

  /** The augmenter as plain data. */
  toJSON(): AugmenterRecipe {
    return { kind: this.kind, ...(this.seed !== undefined && { seed: this.seed }), ...this.parameters() };
  }

  /** The constructor's parameters, with defaults filled in. */
  protected abstract parameters(): Readonly<Record<string, unknown>>;

  /** The change itself; must not touch `image`, and must draw from `random` alone. */
  protected abstract apply(image: RgbImage, random: Random): RgbImage;
}
