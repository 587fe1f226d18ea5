import { ArgumentError } from "../errors.js";
import { Affine } from "./affine.js";
import type { Augmenter, AugmenterRecipe } from "./augmenter.js";
import { GaussianBlur } from "./blur.js";
import { Crop } from "./crop.js";
import { Fliplr, Flipud } from "./flip.js";
import { OneOf, Sequential, Sometimes } from "./meta.js";
import { Multiply } from "./multiply.js";

/** Makes an augmenter from its parameters; each checks them as its constructor does. */
const makers: Readonly<Record<string, (parameters: Record<string, unknown>) => Augmenter>> = {
  Affine: (parameters) => new Affine(parameters),
  Crop: (parameters) => new Crop(parameters),
  Fliplr: ({ p, ...options }) => new Fliplr(p as number, options),
  Flipud: ({ p, ...options }) => new Flipud(p as number, options),
  GaussianBlur: (parameters) => new GaussianBlur(parameters),
  Multiply: (parameters) => new Multiply(parameters),
  OneOf: ({ augmenters, ...options }) => new OneOf(fromList(augmenters), options),
  Sequential: ({ augmenters, ...options }) => new Sequential(fromList(augmenters), options),
  Sometimes: ({ p, thenList, elseList, ...options }) =>
    new Sometimes(p as number, fromList(thenList), fromList(elseList), options),
};

/**
 * Makes the augmenter that `JSON.stringify` wrote.
 *
 * @throws {@link ArgumentError} for a kind that is not known, such as an augmenter of the user's own, and for
 *   parameters that the augmenter refuses.
 */
export function fromRecipe(recipe: AugmenterRecipe): Augmenter {
  const { kind, ...parameters } = recipe;
  const make = Object.hasOwn(makers, kind) ? makers[kind] : undefined;
  if (make === undefined) {
    throw new ArgumentError(
      "augmenters.fromRecipe",
      "kind",
      `one of ${Object.keys(makers).join(", ")}`,
      kind,
    );
  }
  return make(parameters);
}

/** Whether {@link fromRecipe} can make this augmenter, all its parts included, as it is. */
export function isKnown(augmenter: Augmenter): boolean {
  try {
    const again = fromRecipe(JSON.parse(JSON.stringify(augmenter)) as AugmenterRecipe);
    return again.constructor === augmenter.constructor && JSON.stringify(again) === JSON.stringify(augmenter);
  } catch {
    return false;
  }
}

function fromList(recipes: unknown): Augmenter[] {
  if (!Array.isArray(recipes)) {
    throw new ArgumentError("augmenters.fromRecipe", "augmenters", "a list of recipes", recipes);
  }
  return recipes.map((recipe: AugmenterRecipe) => fromRecipe(recipe));
}
