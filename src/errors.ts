import { inspect } from "node:util";

/** Every error that Sightbook raises on purpose: its message is one sentence a user can act on. */
export class SightbookError extends Error {
  override readonly name: string = "SightbookError";
}

/**
 * An argument that a caller must change.
 *
 * The message reads "who: argument must be <must>, got <value>. <way out>".
 */
export class ArgumentError extends SightbookError {
  override readonly name = "ArgumentError";

  /**
   * @param where - The public name the user called, such as `"ClassificationDataset.split"`.
   * @param argument - The argument's name, such as `"trainSize"`.
   * @param must - What it must be, such as `"a number in (0, 1)"`.
   * @param got - The value that was passed; shortened when long.
   * @param wayOut - A full sentence that says what to do.
   */
  constructor(
    readonly where: string,
    readonly argument: string,
    must: string,
    got: unknown,
    wayOut?: string,
  ) {
    super(`${where}: ${argument} must be ${must}, got ${shorten(got)}.${wayOut ? ` ${wayOut}` : ""}`);
  }
}

/** A file that is missing, damaged or of the wrong kind. The message begins with the path. */
export class FileError extends SightbookError {
  override readonly name = "FileError";

  constructor(
    readonly path: string,
    problem: string,
    wayOut?: string,
    options?: ErrorOptions,
  ) {
    super(`${path}: ${problem}.${wayOut ? ` ${wayOut}` : ""}`, options);
  }
}

/** Something outside the program that is absent or refuses: an engine, a tool, a host. */
export class EnvironmentError extends SightbookError {
  override readonly name = "EnvironmentError";
}

/** Long work that its caller cancelled; what was finished before is kept. */
export class CancelledError extends SightbookError {
  override readonly name = "CancelledError";
}

function shorten(value: unknown): string {
  const text =
    typeof value === "string"
      ? JSON.stringify(value)
      : inspect(value, { depth: 1, maxArrayLength: 5, breakLength: Infinity });
  return text.length <= 120 ? text : `${text.slice(0, 117)}...`;
}
