import sharp, { type Sharp, type SharpInput, type SharpOptions } from "sharp";

let isConfigured = false;

/**
 * Opens an image with the settings used everywhere here: upright by EXIF, first frame or page, damage is an error.
 *
 * sharp's own cache is off, since files may change between reads and decoded pixels have a cache of their own with a
 * stated limit. One libvips thread per image: many images are decoded side by side, which keeps every core busy
 * without two levels of threads competing.
 */
export function openSharp(input: SharpInput, options: SharpOptions): Sharp {
  if (!isConfigured) {
    sharp.cache(false);
    sharp.concurrency(1);
    isConfigured = true;
  }
  return sharp(input, { failOn: "error", autoOrient: true, ...options });
}
