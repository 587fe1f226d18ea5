import sharp from "sharp";

import { decode, ImageError, sniffFormat, type Preprocessing } from "../images/index.js";

/** The formats that a request may carry: decoders of others are not even in reach. */
const allowedFormats: ReadonlySet<string> = new Set(["jpeg", "png", "webp"]);

/**
 * Leaves libvips only the loaders of JPEG, PNG and WebP from memory, for the whole process: none that reads files, none
 * of the rarely attacked and rarely mended formats.
 */
export function blockOtherLoaders(): void {
  sharp.block({ operation: ["VipsForeignLoad"] });
  sharp.unblock({
    operation: ["VipsForeignLoadJpegBuffer", "VipsForeignLoadPngBuffer", "VipsForeignLoadWebpBuffer"],
  });
}

/**
 * Decodes an image that came in a request.
 *
 * @returns Pixels `[height, width, 3]` of the network's size.
 * @throws {@link ImageError} when it cannot be used.
 */
export async function decodeRequestImage(
  bytes: Uint8Array,
  preprocessing: Preprocessing,
  limitInputPixels: number,
): Promise<Uint8Array> {
  const format = sniffFormat(bytes.subarray(0, 4096));
  if (format !== undefined && !allowedFormats.has(format as string)) {
    const name = typeof format === "object" ? format.unsupported : format.toUpperCase();
    throw new ImageError("image", "unsupported", `${name} is not read here`, "Send a JPEG, PNG or WebP.");
  }
  return decode({ name: "image", bytes }, preprocessing, { limitInputPixels });
}
