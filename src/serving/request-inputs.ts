import { decodeBase64 } from "./base64.js";
import { ScoringError } from "./errors.js";
import type { ServingSettings } from "./options.js";

/**
 * The image file behind a base64 text.
 *
 * @param where - The field, for messages, such as `"[2].image_in_base64"`.
 */
export function imageFromBase64(text: string, where: string, settings: ServingSettings): Uint8Array {
  const bytes = decodeBase64(text);
  if (bytes === undefined) {
    throw new ScoringError(400, "bad_request", `${where} must be the standard base64 of an image file.`);
  }
  return checkedImage(bytes, where, settings);
}

/** An image file that is not empty and not too large. */
export function checkedImage(
  bytes: Uint8Array,
  where: string,
  { maxImageBytes }: ServingSettings,
): Uint8Array {
  if (bytes.length === 0)
    throw new ScoringError(400, "bad_request", `${where} must be an image file, got no bytes.`);
  if (bytes.length <= maxImageBytes) return bytes;
  const message = `${where} must be an image file of at most ${maxImageBytes} bytes, got ${bytes.length}.`;
  throw new ScoringError(413, "too_large", message);
}

/** The error of one image of several, telling which. */
export function errorOf(where: string, error: ScoringError): ScoringError {
  return new ScoringError(error.status, error.code, `${where}: ${error.message}`, error.retryAfterSeconds);
}
