import { InvalidArgumentError } from "commander";

/** Parsers of option values; what they throw is shown as wrong usage (exit code 2). */

/** A whole number of at least `least`. */
export function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === "" || !Number.isInteger(value) || value < least) {
      throw new InvalidArgumentError(`It must be a whole number from ${least}.`);
    }
    return value;
  };
}

/** A number in `(0, 1)`. */
export function fraction(text: string): number {
  const value = number(text);
  if (!(value > 0 && value < 1)) throw new InvalidArgumentError("It must be a number between 0 and 1.");
  return value;
}

/** A number in `[0, 1)`. */
export function rate(text: string): number {
  const value = number(text);
  if (!(value >= 0 && value < 1)) throw new InvalidArgumentError("It must be a number from 0, below 1.");
  return value;
}

/** A number in `[0, 1]`. */
export function share(text: string): number {
  const value = number(text);
  if (!(value >= 0 && value <= 1)) throw new InvalidArgumentError("It must be a number from 0 to 1.");
  return value;
}

/** A number above 0. */
export function positive(text: string): number {
  const value = number(text);
  if (!(value > 0)) throw new InvalidArgumentError("It must be a number above 0.");
  return value;
}

/** A number of at least 0. */
export function notNegative(text: string): number {
  const value = number(text);
  if (!(value >= 0)) throw new InvalidArgumentError("It must be a number from 0.");
  return value;
}

/** A time such as `200ms`, `10s`, `5m` or `1h`, in milliseconds; a bare number means seconds. */
export function duration(text: string): number {
  const [, digits, unit = "s"] = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h)?$/.exec(text.trim()) ?? [];
  const value = Number(digits) * { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[unit as "ms" | "s" | "m" | "h"];
  if (!(value > 0)) throw new InvalidArgumentError("It must be a time such as 200ms, 10s, 5m or 1h.");
  return value;
}

/** One number, or several with commas between them. */
export function numberList(text: string): number[] {
  return text.split(",").map(positive);
}

/** One whole number of at least 1, or several with commas between them. */
export function countList(text: string): number[] {
  return text.split(",").map(wholeNumber(1));
}

/** Three numbers with commas between them. */
export function threeNumbers(text: string): [number, number, number] {
  const [red, green, blue, ...rest] = text.split(",").map(number);
  if (red === undefined || green === undefined || blue === undefined || rest.length > 0) {
    throw new InvalidArgumentError("It must be three numbers, red,green,blue.");
  }
  return [red, green, blue];
}

/** The name of a report's file, whose ending says what it is to be. */
export function reportFile(text: string): string {
  if (!/\.(?:html|json)$/i.test(text)) throw new InvalidArgumentError("It must end in .html or .json.");
  return text;
}

/** A side in pixels, or `<height>x<width>`. */
export function imageSize(text: string): [height: number, width: number] {
  const sides = text.split("x").map(wholeNumber(1));
  const [height, width = height, ...rest] = sides;
  if (height === undefined || width === undefined || rest.length > 0) {
    throw new InvalidArgumentError(
      "It must be a side in pixels such as 224, or height and width such as 224x320.",
    );
  }
  return [height, width];
}

function number(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) throw new InvalidArgumentError("It must be a number.");
  return value;
}
