import sharp from "sharp";
import type { Sharp } from "sharp";

/** A picture with structure and noise, the same each time: `[height, width, 3]`. */
export function patternPixels(width: number, height: number, seed = 1): Buffer {
  const pixels = Buffer.alloc(width * height * 3);
  let state = seed >>> 0;
  for (let i = 0; i < pixels.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const x = Math.floor(i / 3) % width;
    pixels[i] = ((x * 3 + (i % 3) * 60 + seed * 17) & 127) + (state >>> 26);
  }
  return pixels;
}

/** {@link patternPixels} as a sharp image, to be encoded. */
export function pattern(width: number, height: number, seed = 1): Sharp {
  return sharp(patternPixels(width, height, seed), { raw: { width, height, channels: 3 } });
}

/** An image of one colour per pixel given, one row. */
export function row(...pixels: readonly (readonly number[])[]): Sharp {
  const channels = pixels[0]!.length;
  if (channels < 1 || channels > 4) throw new Error("1 to 4 channels");
  return sharp(Buffer.from(pixels.flat()), {
    raw: { width: pixels.length, height: 1, channels: channels as 1 | 2 | 3 | 4 },
  });
}

/** A Windows bitmap by hand: header, optional palette or masks, rows as given (bottom row first, padded to 4 bytes). */
export function bmp(
  width: number,
  height: number,
  bitsPerPixel: number,
  rows: readonly (readonly number[])[],
  { palette = [], compression = 0 }: { palette?: readonly number[]; compression?: number } = {},
): Buffer {
  const header = Buffer.alloc(54);
  header.write("BM", 0, "latin1");
  header.writeUInt32LE(54 + palette.length, 10);
  header.writeUInt32LE(40, 14);
  header.writeInt32LE(width, 18);
  header.writeInt32LE(height, 22);
  header.writeUInt16LE(1, 26);
  header.writeUInt16LE(bitsPerPixel, 28);
  header.writeUInt32LE(compression, 30);
  if (bitsPerPixel <= 8) header.writeUInt32LE(palette.length / 4, 46);
  const body = rows.map((bytes) => {
    const padded = Buffer.alloc(Math.ceil(bytes.length / 4) * 4);
    padded.set(bytes);
    return padded;
  });
  return Buffer.concat([header, Buffer.from(palette), ...body]);
}
