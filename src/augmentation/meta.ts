import { ArgumentError } from "../errors.js";
import type { RgbImage } from "../images/index.js";
import type { Random } from "../random.js";
import { Augmenter, type AugmenterOptions } from "./augmenter.js";
import { checkNumber, drawBoolean, type NumberParameter } from "./parameters.js";

export interface SequentialOptions extends AugmenterOptions {
  /** Apply the augmenters in an order drawn for every image. Default false. */
  readonly randomOrder?: boolean;
}

/** Applies several augmenters one after the other. */
export class Sequential extends Augmenter {
  readonly kind = "Sequential";
  readonly augmenters: readonly Augmenter[];
  readonly randomOrder: boolean;

  constructor(augmenters: readonly Augmenter[], { randomOrder = false, ...options }: SequentialOptions = {}) {
    super(options);
    checkAugmenters("Sequential", "augmenters", augmenters);
    this.augmenters = augmenters;
    this.randomOrder = randomOrder;
  }

  protected parameters(): Readonly<Record<string, unknown>> {
    return {
      augmenters: this.augmenters.map((augmenter) => augmenter.toJSON()),
      randomOrder: this.randomOrder,
    };
  }

  protected apply(image: RgbImage, random: Random): RgbImage {
    const order = this.randomOrder ? random.shuffle(this.augmenters) : this.augmenters;
    return applyAll(order, image, random);
  }
}

/** Applies some augmenters with a probability, and others, or none, otherwise. */
export class Sometimes extends Augmenter {
  readonly kind = "Sometimes";
  readonly thenList: readonly Augmenter[];
  readonly elseList: readonly Augmenter[];

  /**
   * @param p - Probability in [0, 1] of `thenList`.
   * @param thenList - One augmenter or several in order.
   * @param elseList - What is applied otherwise. Default: nothing.
   */
  constructor(
    readonly p: NumberParameter,
    thenList: Augmenter | readonly Augmenter[],
    elseList: Augmenter | readonly Augmenter[] = [],
    options: AugmenterOptions = {},
  ) {
    super(options);
    checkProbability("Sometimes", "p", p);
    this.thenList = asList(thenList);
    this.elseList = asList(elseList);
    checkAugmenters("Sometimes", "thenList", this.thenList);
    checkAugmenters("Sometimes", "elseList", this.elseList);
  }

  protected parameters(): Readonly<Record<string, unknown>> {
    const recipes = (list: readonly Augmenter[]): unknown[] => list.map((augmenter) => augmenter.toJSON());
    return { p: this.p, thenList: recipes(this.thenList), elseList: recipes(this.elseList) };
  }

  protected apply(image: RgbImage, random: Random): RgbImage {
    return applyAll(drawBoolean(this.p, random) ? this.thenList : this.elseList, image, random);
  }
}

/** Applies one of several augmenters, each equally likely. */
export class OneOf extends Augmenter {
  readonly kind = "OneOf";

  constructor(
    readonly augmenters: readonly Augmenter[],
    options: AugmenterOptions = {},
  ) {
    super(options);
    checkAugmenters("OneOf", "augmenters", augmenters);
    if (augmenters.length === 0) {
      throw new ArgumentError("OneOf", "augmenters", "one augmenter or more", augmenters);
    }
  }

  protected parameters(): Readonly<Record<string, unknown>> {
    return { augmenters: this.augmenters.map((augmenter) => augmenter.toJSON()) };
  }

  protected apply(image: RgbImage, random: Random): RgbImage {
    return random.choice(this.augmenters).augmentImage(image, random);
  }
}

function applyAll(augmenters: readonly Augmenter[], image: RgbImage, random: Random): RgbImage {
  let result = image;
  for (const augmenter of augmenters) result = augmenter.augmentImage(result, random);
  return result;
}

function asList(augmenters: Augmenter | readonly Augmenter[]): readonly Augmenter[] {
  return augmenters instanceof Augmenter ? [augmenters] : augmenters;
}

/** @throws {@link ArgumentError} unless every item is an augmenter. */
export function checkAugmenters(where: string, argument: string, augmenters: unknown): void {
  const list: readonly unknown[] = Array.isArray(augmenters) ? augmenters : [augmenters];
  const stray = list.findIndex((item) => !(item instanceof Augmenter));
  if (stray < 0 && Array.isArray(augmenters)) return;
  const got = stray < 0 ? augmenters : list[stray];
  const wayOut = "Make one as in new augmenters.Fliplr(0.5), and put several into [ ].";
  throw new ArgumentError(where, argument, "a list of augmenters", got, wayOut);
}

/** @throws {@link ArgumentError} unless every value that can be drawn is in [0, 1]. */
export function checkProbability(where: string, argument: string, parameter: unknown): void {
  checkNumber(where, argument, parameter, { minimum: 0, maximum: 1, must: "a probability in [0, 1]" });
}
