import { errorCode, systemReason } from "../files.js";
import { ImageError } from "./problems.js";

const copyAgain = "Copy it again from its source, or delete it.";

export function empty(path: string): ImageError {
  return new ImageError(path, "empty", "the file is empty", copyAgain);
}

export function truncated(path: string, format: string): ImageError {
  return new ImageError(path, "truncated", `the ${format} image is cut off before its end`, copyAgain);
}

/**
 * An image that is whole and whose decoder refuses it. The decoder's own words are kept as the cause only: libvips
 * collects them in one place for all threads, so they may speak of another image.
 */
export function damaged(path: string, format: string, cause?: unknown): ImageError {
  return new ImageError(path, "unreadable", `the ${format} image is damaged`, copyAgain, { cause });
}

export function unsupported(path: string, format: string): ImageError {
  return new ImageError(
    path,
    "unsupported",
    `${format} is not read`,
    "Convert it to JPEG, PNG, WebP, GIF, TIFF, AVIF or uncompressed BMP.",
  );
}

export function oversized(
  path: string,
  { width, height }: { readonly width: number; readonly height: number },
  limit: number,
): ImageError {
  return new ImageError(
    path,
    "oversized",
    `${width} x ${height} pixels are more than the limit of ${megapixels(limit)} megapixels`,
    "Make it smaller, or raise limitInputPixels.",
  );
}

/** A file whose first bytes belong to no image; says what they look like, since a saved error page is a common case. */
export function notAnImage(path: string, start: Uint8Array): ImageError {
  return new ImageError(
    path,
    "unreadable",
    `the file is not an image but ${describeContent(start)}`,
    "Replace it by the image, or delete it.",
  );
}

export function unreadable(path: string, reason: string, cause?: unknown): ImageError {
  return new ImageError(
    path,
    "unreadable",
    `the file cannot be read (${reason})`,
    "Make it readable, or take it out of the folder.",
    { cause },
  );
}

/** Turns what the operating system said about a file into an {@link ImageError}; other errors stay as they are. */
export function asImageError(path: string, error: unknown): Error {
  if (errorCode(error) !== undefined) return unreadable(path, systemReason(error), error);
  return error instanceof Error ? error : new Error(String(error));
}

function megapixels(pixels: number): string {
  return String(Math.round(pixels / 1e4) / 100);
}

function describeContent(start: Uint8Array): string {
  const text = Buffer.from(start.subarray(0, 512)).toString("latin1");
  if (/^\s*(<!doctype html|<html|<head|<body)/i.test(text)) return "a web page";
  if (/^[\t\n\r\x20-\x7e\x80-\xff]*$/.test(text)) return "text";
  if (text.startsWith("PK")) return "a ZIP archive";
  return start.every((byte) => byte === 0) ? "zeros only" : "data of another kind";
}
