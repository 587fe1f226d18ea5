import { ArgumentError } from "../errors.js";
import type { Random } from "../random.js";

/**
 * A number that is drawn anew for every image (imgaug's stochastic parameter):
 *
 * - `0.5`: always this number.
 * - `[a, b]`: uniform between `a` and `b` (imgaug's tuple); whole numbers `a` to `b`, both included, where a count of
 *   pixels is asked for.
 * - `choice(a, b, ...)`: one of these, each equally likely (imgaug's list). The parts may be parameters themselves.
 * - `normal(mean, standardDeviation)`, `uniform(a, b)`: the distribution by name.
 * - `clip(parameter, minimum, maximum)`: a parameter kept between bounds.
 *
 * All of them are plain data: a pipeline can be written as JSON.
 */
export type NumberParameter = number | readonly [low: number, high: number] | Distribution;

/** What {@link choice}, {@link uniform}, {@link normal} and {@link clip} give. */
export type Distribution =
  | { readonly choice: readonly NumberParameter[] }
  | { readonly uniform: readonly [number, number] }
  | { readonly normal: readonly [mean: number, standardDeviation: number] }
  | { readonly clip: NumberParameter; readonly between: readonly [number, number] };

/** One of some words, or one of several drawn with {@link choice}. */
export type WordParameter<Word extends string> = Word | { readonly choice: readonly Word[] };

/** One of these, each equally likely. */
export function choice<const Values extends readonly [unknown, ...unknown[]]>(
  ...values: Values
): { readonly choice: Values } {
  return { choice: values };
}

/** Uniform in `[low, high)`; the same as writing `[low, high]`. */
export function uniform(low: number, high: number): Distribution {
  return { uniform: [low, high] };
}

/** The normal distribution. */
export function normal(mean: number, standardDeviation: number): Distribution {
  return { normal: [mean, standardDeviation] };
}

/** `parameter`, values outside moved to the nearer bound. */
export function clip(parameter: NumberParameter, minimum: number, maximum: number): Distribution {
  return { clip: parameter, between: [minimum, maximum] };
}

/** Draws a number. */
export function draw(parameter: NumberParameter, random: Random): number {
  if (typeof parameter === "number") return parameter;
  if (isRange(parameter)) return random.uniform(parameter[0], parameter[1]);
  if ("choice" in parameter) return draw(random.choice(parameter.choice), random);
  if ("uniform" in parameter) return random.uniform(...parameter.uniform);
  if ("normal" in parameter) return parameter.normal[0] + parameter.normal[1] * random.normal();
  const [low, high] = parameter.between;
  return Math.min(high, Math.max(low, draw(parameter.clip, random)));
}

/** Draws a whole number: of a range every whole number in it, both ends included, is equally likely. */
export function drawInteger(parameter: NumberParameter, random: Random): number {
  if (typeof parameter === "object" && isRange(parameter)) {
    const low = Math.ceil(parameter[0]);
    return low + random.integer(Math.floor(parameter[1]) - low + 1);
  }
  if (typeof parameter === "object" && "choice" in parameter) {
    return drawInteger(random.choice(parameter.choice), random);
  }
  return Math.round(draw(parameter, random));
}

/** Draws a word. */
export function drawWord<Word extends string>(parameter: WordParameter<Word>, random: Random): Word {
  return typeof parameter === "string" ? parameter : random.choice(parameter.choice);
}

/** Draws yes or no: a probability, or a fixed answer. */
export function drawBoolean(parameter: boolean | NumberParameter, random: Random): boolean {
  if (typeof parameter === "boolean") return parameter;
  return random.uniform() < draw(parameter, random);
}

/** What a parameter must be, for {@link checkNumber}. */
export interface Bounds {
  readonly minimum?: number;
  readonly maximum?: number;
  /** In words, for the message, such as `"0 or more"`. */
  readonly must: string;
}

/**
 * Checks a parameter where an augmenter is made, so that a mistake shows at once and not at the thousandth image.
 *
 * @throws {@link ArgumentError} that shows how a range and a choice are written.
 */
export function checkNumber(where: string, argument: string, parameter: unknown, bounds: Bounds): void {
  const fail = (wayOut?: string): never => {
    throw new ArgumentError(where, argument, bounds.must, parameter, wayOut);
  };
  if (Array.isArray(parameter)) {
    const [low, high] = parameter as unknown[];
    if (parameter.length !== 2 || typeof low !== "number" || typeof high !== "number") {
      return fail("Write [a, b] for a range, and choice(a, b, c) for one of several values.");
    }
    if (!(low <= high)) return fail("A range goes from the smaller to the larger number.");
    checkValue(low);
    checkValue(high);
    return;
  }
  if (typeof parameter === "number") {
    checkValue(parameter);
    return;
  }
  if (typeof parameter !== "object" || parameter === null) {
    fail("Give a number, a range [a, b], or choice(a, b, ...), uniform, normal or clip.");
    return;
  }
  checkDistribution(where, argument, parameter, bounds, fail);

  function checkValue(value: number): void {
    const { minimum = -Infinity, maximum = Infinity } = bounds;
    if (!(Number.isFinite(value) && value >= minimum && value <= maximum)) fail();
  }
}

function checkDistribution(
  where: string,
  argument: string,
  parameter: object,
  bounds: Bounds,
  fail: (wayOut?: string) => never,
): void {
  if ("choice" in parameter && Array.isArray(parameter.choice) && parameter.choice.length > 0) {
    for (const value of parameter.choice as unknown[]) checkNumber(where, argument, value, bounds);
  } else if ("uniform" in parameter) {
    checkNumber(where, argument, parameter.uniform, bounds);
  } else if ("clip" in parameter && "between" in parameter) {
    checkNumber(where, argument, parameter.between, bounds);
    checkNumber(where, argument, parameter.clip, { must: bounds.must });
  } else if ("normal" in parameter && isNumberPair(parameter.normal)) {
    if (parameter.normal[1] < 0) fail("A standard deviation is 0 or more.");
    // Its values know no bounds: where there are any, they must be kept.
    const isBounded = bounds.minimum !== undefined || bounds.maximum !== undefined;
    if (isBounded)
      fail("Keep a normal distribution in bounds with clip(normal(mean, sd), minimum, maximum).");
  } else {
    fail("Give a number, a range [a, b], or choice(a, b, ...), uniform, normal or clip.");
  }
}

/** Checks a word or a choice of words. */
export function checkWord(
  where: string,
  argument: string,
  parameter: unknown,
  words: readonly string[],
): void {
  const values =
    typeof parameter === "object" && parameter !== null && "choice" in parameter
      ? parameter.choice
      : [parameter];
  const isGood =
    Array.isArray(values) &&
    values.length > 0 &&
    values.every((value) => typeof value === "string" && words.includes(value));
  if (!isGood) {
    const list = words.map((word) => JSON.stringify(word)).join(", ");
    throw new ArgumentError(where, argument, `one of ${list}, or a choice of them`, parameter);
  }
}

function isRange(
  parameter: readonly [number, number] | Distribution,
): parameter is readonly [number, number] {
  return Array.isArray(parameter);
}

function isNumberPair(value: unknown): value is readonly [number, number] {
  return Array.isArray(value) && value.length === 2 && value.every((item) => Number.isFinite(item));
}
