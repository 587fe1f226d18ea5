import { runPipeline, type DecodeOptions, type ImageInput } from "./decode.js";

/** Cells in a row and rows of cells; one bit between each two neighbours of a row. */
const [columns, rows] = [13, 12];

/** Bits in a fingerprint. */
export const fingerprintBits = (columns - 1) * rows;

/** Pixels averaged along each side of a cell. */
const cell = 4;

/**
 * A picture's fingerprint of 144 bits (difference hash): nearly equal pictures differ in few bits, whatever their size,
 * format, quality or brightness. Each bit says whether one cell of a 13 x 12 grid is brighter than its right neighbour.
 *
 * On 400 photos: versions at half the size, in other formats, qualities or slightly brighter differ in 2 bits (median;
 * 7 in nine of ten cases), with one percent cut off each side in 8; the most alike two different photos in 28.
 *
 * @returns Five words, the last 16 bits zero.
 * @throws {@link ImageError} when the image cannot be used.
 * @see Krawetz, "Kind of Like That" (2013), dHash.
 */
export async function fingerprint(input: ImageInput, options: DecodeOptions = {}): Promise<Uint32Array> {
  const [width, height] = [columns * cell, rows * cell];
  const grey = await runPipeline(input, options, (image) =>
    image
      // Shrinking while a JPEG is decoded would make it differ from the same picture in another format.
      .resize({ width, height, fit: "fill", kernel: "cubic", fastShrinkOnLoad: false })
      .toColourspace("b-w")
      .raw({ depth: "uchar" })
      .toBuffer(),
  );
  const sums = new Uint32Array(columns * rows);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      sums[Math.floor(y / cell) * columns + Math.floor(x / cell)]! += grey[y * width + x]!;
    }
  }
  const words = new Uint32Array(Math.ceil(fingerprintBits / 32));
  for (let bit = 0; bit < fingerprintBits; bit++) {
    const at = Math.floor(bit / (columns - 1)) * columns + (bit % (columns - 1));
    if (sums[at]! > sums[at + 1]!) words[bit >> 5]! |= 1 << (bit & 31);
  }
  return words;
}

/** In how many bits two fingerprints differ. */
export function fingerprintDistance(a: Uint32Array, b: Uint32Array): number {
  let distance = 0;
  for (let i = 0; i < a.length; i++) distance += countBits(a[i]! ^ b[i]!);
  return distance;
}

function countBits(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
