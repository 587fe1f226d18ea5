import pixelmatch from "pixelmatch";
import sharp from "sharp";

/** How two pictures of a page differ, so that a machine's way to draw letters does not count but a change of the page does. */
export interface PictureDifference {
  /** The difference in a sentence; empty when the pictures look alike. */
  readonly text: string;
  /** A PNG that shows in red where; absent where the sizes differ. */
  readonly picture?: Buffer;
}

/** What another browser, or the small palette of a golden file, may change; measured between Chromium 147 and 156. */
export const tolerance = {
  /** Pixels of height. */
  height: 2,
  /** Difference of colour that counts for a single pixel: 0 to 1, of black and white. */
  pixelColor: 0.1,
  /** Pixels in a square that may have no counterpart; measured: at most 24. */
  pixelsInSquare: 40,
  /** Side of that square. */
  square: 32,
  /** Difference of colour that counts for the mean of 8 x 8 pixels. */
  areaColor: 0.03,
  /** Means in a square of 4 x 4 that may differ: a part of the page has another colour if all do; measured: at most 7. */
  areasInSquare: 12,
} as const;

/** How far a pixel may have moved, to each side. */
const shifts = [0, -1, 1];

interface Pixels {
  readonly data: Buffer;
  readonly width: number;
  readonly height: number;
}

/** Compares an encoded picture with the golden one. */
export async function comparePictures(golden: Buffer, picture: Buffer): Promise<PictureDifference> {
  const [before, after] = await Promise.all([sharp(golden).metadata(), sharp(picture).metadata()]);
  if (before.width !== after.width || Math.abs(before.height - after.height) > tolerance.height) {
    return {
      text: `It is ${after.width} x ${after.height} pixels large, not ${before.width} x ${before.height}.`,
    };
  }
  const width = before.width;
  const height = Math.min(before.height, after.height);
  const [a, b] = await Promise.all([read(golden, width, height), read(picture, width, height)]);
  const shapes = differingPixels(a, b);
  const [smallA, smallB] = await Promise.all([shrink(a), shrink(b)]);
  const areas = pixelmatch(smallA.data, smallB.data, null, smallA.width, smallA.height, {
    threshold: tolerance.areaColor,
    includeAA: true,
    windowSize: 4,
  });
  const picturePng = sharp(shapes.output, { raw: { width, height, channels: 4 } })
    .png()
    .toBuffer();
  const faults = [
    shapes.count > tolerance.pixelsInSquare &&
      `${shapes.count} pixels of a square of ${tolerance.square} differ, and ${tolerance.pixelsInSquare} may.`,
    areas > tolerance.areasInSquare && `An area has another colour (${areas} of 16 parts of a square).`,
  ].filter((fault) => fault !== false);
  return { text: faults.join(" "), picture: await picturePng };
}

/** How many pixels of the worst square look like no pixel near them in the other picture. */
function differingPixels(a: Pixels, b: Pixels): { readonly count: number; readonly output: Uint8Array } {
  const { width, height } = a;
  const found = new Uint8Array(width * height);
  const options = { threshold: tolerance.pixelColor, ignoreMask: found };
  const mask = new Uint8Array(a.data.length);
  // The place itself comes first: few pixels are left to look for elsewhere.
  for (const dy of shifts) {
    for (const dx of shifts) {
      mask.fill(0);
      pixelmatch(a.data, moved(b, dx, dy), mask, width, height, { ...options, diffMask: true });
      for (let i = 0; i < found.length; i++) if (mask[4 * i + 3] === 0) found[i] = 1;
    }
  }
  const output = new Uint8Array(a.data.length);
  const count = pixelmatch(a.data, b.data, output, width, height, {
    ...options,
    windowSize: tolerance.square,
  });
  return { count, output };
}

function moved({ data, width }: Pixels, dx: number, dy: number): Buffer {
  const from = (data.length + 4 * (dy * width + dx)) % data.length;
  return Buffer.concat([data.subarray(from), data.subarray(0, from)]);
}

async function read(png: Buffer, width: number, height: number): Promise<Pixels> {
  const data = await sharp(png).ensureAlpha().extract({ left: 0, top: 0, width, height }).raw().toBuffer();
  return { data, width, height };
}

async function shrink({ data, width, height }: Pixels): Promise<Pixels> {
  const small = { width: Math.ceil(width / 8), height: Math.ceil(height / 8) };
  const shrunk = await sharp(data, { raw: { width, height, channels: 4 } })
    .resize({ ...small, fit: "fill", kernel: "linear" })
    .raw()
    .toBuffer();
  return { data: shrunk, ...small };
}
