import { ScoringError } from "./errors.js";

/** What a JSON body may cost before it is parsed. */
export interface JsonLimits {
  readonly maxDepth: number;
  /** Most values: numbers, texts, lists, objects and so on. */
  readonly maxValues: number;
}

const quote = 0x22;
const backslash = 0x5c;
const [open, openBrace, close, closeBrace, comma] = [0x5b, 0x7b, 0x5d, 0x7d, 0x2c];

/**
 * Parses a JSON body whose size in memory is bounded before anything is built: three bytes of `[],` would become a list
 * of more than ten times that.
 *
 * @throws {@link ScoringError} (400 or 413) that says what is wrong.
 */
export function parseJsonBody(body: Buffer, limits: JsonLimits): unknown {
  checkShape(body, limits);
  let value: unknown;
  try {
    value = JSON.parse(body.toString("utf8"));
  } catch (error) {
    // V8 quotes the body's beginning, which may be long and is the client's own.
    const reason = error instanceof Error ? error.message.slice(0, 80) : "";
    throw new ScoringError(400, "bad_request", `The body must be valid JSON: ${reason}`);
  }
  return value;
}

/** Counts nesting and values without building any; texts, the bulk of a body of images, are jumped over. */
function checkShape(body: Buffer, { maxDepth, maxValues }: JsonLimits): void {
  let depth = 0;
  let values = 1;
  for (let at = 0; at < body.length; at++) {
    const byte = body[at]!;
    if (byte === quote) {
      at = endOfText(body, at);
    } else if (byte === open || byte === openBrace) {
      values++;
      if (++depth > maxDepth) {
        throw new ScoringError(400, "bad_request", `The body must nest at most ${maxDepth} levels deep.`);
      }
    } else if (byte === close || byte === closeBrace) {
      depth--;
    } else if (byte === comma && ++values > maxValues) {
      throw new ScoringError(413, "too_large", `The body must hold at most ${maxValues} values.`);
    }
  }
}

/** Index of the quote that ends the text beginning at `from`; the body's end where there is none. */
function endOfText(body: Buffer, from: number): number {
  for (let at = from + 1; ; at++) {
    at = body.indexOf(quote, at);
    if (at === -1) return body.length;
    let backslashes = 0;
    while (body[at - 1 - backslashes] === backslash) backslashes++;
    if (backslashes % 2 === 0) return at;
  }
}
