import type { RgbImage } from "./rgb-image.js";

/** The header of a Windows bitmap. */
export interface BmpHeader {
  readonly width: number;
  readonly height: number;
  /** Rows go from the top down instead of from the bottom up. */
  readonly topDown: boolean;
  readonly bitsPerPixel: number;
  /** 0 none, 1 and 2 run lengths, 3 and 6 bit fields, 4 JPEG, 5 PNG. */
  readonly compression: number;
  readonly headerSize: number;
  /** Where the pixels begin. */
  readonly offset: number;
  readonly colors: number;
}

/** Reads the header from the first 54 bytes (26 for the OS/2 form), which must be there. */
export function readBmpHeader(bytes: Uint8Array): BmpHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerSize = view.getUint32(14, true);
  const offset = view.getUint32(10, true);
  if (headerSize === 12) {
    const [width, height] = [view.getUint16(18, true), view.getUint16(20, true)];
    const bitsPerPixel = view.getUint16(24, true);
    return { width, height, topDown: false, bitsPerPixel, compression: 0, headerSize, offset, colors: 0 };
  }
  const height = view.getInt32(22, true);
  return {
    width: Math.abs(view.getInt32(18, true)),
    height: Math.abs(height),
    topDown: height < 0,
    bitsPerPixel: view.getUint16(28, true),
    compression: view.getUint32(30, true),
    headerSize,
    offset,
    colors: view.getUint32(46, true),
  };
}

/** Whether {@link decodeBmp} reads this kind of bitmap: run lengths and embedded JPEG or PNG are left out. */
export function isReadableBmp({ bitsPerPixel, compression }: BmpHeader): boolean {
  if (compression === 0) return [1, 4, 8, 16, 24, 32].includes(bitsPerPixel);
  return (compression === 3 || compression === 6) && (bitsPerPixel === 16 || bitsPerPixel === 32);
}

/** How many bytes the file must have for all its pixels to be there. */
export function bmpEnd(header: BmpHeader): number {
  return header.offset + rowBytes(header) * header.height;
}

function rowBytes({ width, bitsPerPixel }: BmpHeader): number {
  return Math.ceil((width * bitsPerPixel) / 32) * 4;
}

/**
 * Decodes an uncompressed Windows or OS/2 bitmap.
 *
 * sharp does not read this format, and the maintained packages that do either read only one of its headers or lose
 * pixels of odd widths; the uncompressed format is small enough to be read here. The fourth byte of 32-bit pixels is
 * ignored, as most programs do: many writers leave it 0. Palette indices past the palette read as black.
 *
 * @param bytes - A whole file of which {@link isReadableBmp} holds.
 * @see Microsoft, "Bitmap Storage" and BITMAPV5HEADER, Windows GDI documentation.
 */
export function decodeBmp(bytes: Uint8Array): RgbImage {
  const header = readBmpHeader(bytes);
  const { width, height, offset } = header;
  const data = new Uint8Array(width * height * 3);
  const readPixel = pixelReader(bytes, header);
  for (let y = 0; y < height; y++) {
    const row = offset + rowBytes(header) * (header.topDown ? y : height - 1 - y);
    for (let x = 0; x < width; x++) readPixel(row, x, data, (y * width + x) * 3);
  }
  return { width, height, data };
}

type PixelReader = (row: number, x: number, target: Uint8Array, at: number) => void;

function pixelReader(bytes: Uint8Array, header: BmpHeader): PixelReader {
  const { bitsPerPixel, headerSize, colors } = header;
  if (bitsPerPixel === 24) {
    return (row, x, target, at) => {
      const from = row + x * 3;
      target[at] = bytes[from + 2]!;
      target[at + 1] = bytes[from + 1]!;
      target[at + 2] = bytes[from]!;
    };
  }
  if (bitsPerPixel <= 8) {
    const entry = headerSize === 12 ? 3 : 4;
    const palette = 14 + headerSize;
    const count = colors || 1 << bitsPerPixel;
    const mask = (1 << bitsPerPixel) - 1;
    return (row, x, target, at) => {
      const bit = x * bitsPerPixel;
      const index = (bytes[row + (bit >> 3)]! >> (8 - bitsPerPixel - (bit & 7))) & mask;
      if (index >= count) return;
      const from = palette + index * entry;
      target[at] = bytes[from + 2]!;
      target[at + 1] = bytes[from + 1]!;
      target[at + 2] = bytes[from]!;
    };
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const masks = colorMasks(view, header);
  const pixelBytes = bitsPerPixel / 8;
  return (row, x, target, at) => {
    const from = row + x * pixelBytes;
    const value = pixelBytes === 2 ? view.getUint16(from, true) : view.getUint32(from, true);
    for (let channel = 0; channel < 3; channel++) {
      const { shift, maximum, mask } = masks[channel]!;
      target[at + channel] = maximum === 0 ? 0 : Math.round((((value & mask) >>> shift) * 255) / maximum);
    }
  };
}

function colorMasks(view: DataView, { bitsPerPixel, compression }: BmpHeader): ColorMask[] {
  // With bit fields the masks of red, green and blue follow the 40-byte header, or are its next fields when longer.
  if (compression !== 0) return [54, 58, 62].map((at) => colorMask(view.getUint32(at, true)));
  return (bitsPerPixel === 16 ? [0x7c00, 0x03e0, 0x001f] : [0xff0000, 0x00ff00, 0x0000ff]).map(colorMask);
}

interface ColorMask {
  readonly mask: number;
  readonly shift: number;
  readonly maximum: number;
}

function colorMask(mask: number): ColorMask {
  const shift = mask === 0 ? 0 : 31 - Math.clz32(mask & -mask);
  return { mask, shift, maximum: mask >>> shift };
}
