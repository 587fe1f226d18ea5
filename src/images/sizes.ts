import { isReadableBmp, readBmpHeader } from "./bmp.js";
import type { ImageFormat } from "./formats.js";
import type { HeaderSource } from "./header-source.js";
import { damaged, truncated, unsupported } from "./messages.js";
import { openSharp } from "./sharp.js";

/** Size as stored, before the orientation is applied. */
interface Size {
  readonly width: number;
  readonly height: number;
  readonly orientation: number;
}

type SizeReader = (source: HeaderSource, path: string) => Promise<Size | undefined>;

/**
 * Finds the size of each format's image without decoding: `undefined` when the file ends before it is said. Written
 * out here because reading 100,000 headers one by one through sharp takes half a minute.
 */
export const readSize: Readonly<Record<ImageFormat, SizeReader>> = {
  jpeg: readJpegSize,
  png: async (source) => {
    const bytes = await source.at(0, 33);
    if (bytes.length < 33) return undefined;
    const size = { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
    return { ...size, orientation: await readPngOrientation(source) };
  },
  gif: async (source) => {
    const bytes = await source.at(0, 10);
    if (bytes.length < 10) return undefined;
    return { width: bytes.readUInt16LE(6), height: bytes.readUInt16LE(8), orientation: 1 };
  },
  bmp: async (source, path) => {
    const bytes = await source.at(0, 54);
    if (bytes.length < 26 || (bytes[14] !== 12 && bytes.length < 54)) return undefined;
    const header = readBmpHeader(bytes);
    if (!isReadableBmp(header)) throw unsupported(path, "compressed BMP");
    return { width: header.width, height: header.height, orientation: 1 };
  },
  webp: readWebpSize,
  tiff: readTiffSize,
  avif: readAvifSize,
};

/** Walks the segments up to the frame header, which names the size; the orientation is in an EXIF segment before it. */
async function readJpegSize(source: HeaderSource): Promise<Size | undefined> {
  let orientation = 1;
  for (let at = 2; at < source.fileSize;) {
    const bytes = await source.at(at, 10);
    if (bytes.length < 4) return undefined;
    const marker = bytes[1]!;
    if (bytes[0] !== 0xff || marker === 0xff) {
      at++;
    } else if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc) {
      if (bytes.length < 9) return undefined;
      return { height: bytes.readUInt16BE(5), width: bytes.readUInt16BE(7), orientation };
    } else if (marker === 0 || marker === 1 || (marker >= 0xd0 && marker <= 0xd8)) {
      at += 2;
    } else if (marker === 0xd9 || marker === 0xda) {
      return undefined; // the end or a scan before any frame
    } else {
      const length = bytes.readUInt16BE(2);
      if (marker === 0xe1)
        orientation = (await readExifOrientation(source, at + 4, length - 2)) ?? orientation;
      at += 2 + length;
    }
  }
  return undefined;
}

async function readPngOrientation(source: HeaderSource): Promise<number> {
  for (let at = 8; at < source.fileSize;) {
    const head = await source.at(at, 8);
    if (head.length < 8) break;
    const kind = head.toString("latin1", 4, 8);
    // An EXIF chunk behind the pixels is legal but rare; libpng's readers see it only when they decode.
    if (kind === "IDAT" || kind === "IEND") break;
    if (kind === "eXIf") return orientationOfTiff(await source.at(at + 8, head.readUInt32BE(0))) ?? 1;
    at += 12 + head.readUInt32BE(0);
  }
  return 1;
}

async function readExifOrientation(
  source: HeaderSource,
  at: number,
  length: number,
): Promise<number | undefined> {
  const bytes = await source.at(at, Math.min(length, 65_536));
  if (bytes.toString("latin1", 0, 6) !== "Exif\0\0") return undefined;
  return orientationOfTiff(bytes.subarray(6));
}

/** The orientation entry (0x0112) of the first directory of a TIFF structure. */
function orientationOfTiff(bytes: Buffer): number | undefined {
  if (bytes.length < 14) return undefined;
  const little = bytes.toString("latin1", 0, 2) === "II";
  const short = (at: number): number => (little ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at));
  const directory = little ? bytes.readUInt32LE(4) : bytes.readUInt32BE(4);
  if (directory + 2 > bytes.length) return undefined;
  const count = short(directory);
  for (let i = 0; i < count; i++) {
    const entry = directory + 2 + i * 12;
    if (entry + 12 > bytes.length) return undefined;
    if (short(entry) === 0x0112) {
      const value = short(entry + 8);
      return value >= 1 && value <= 8 ? value : undefined;
    }
  }
  return undefined;
}

/**
 * The canvas of an extended file, or the frame header of a simple one.
 *
 * @see RFC 9649, WebP Image Format, section 2.5 to 2.7.
 */
async function readWebpSize(source: HeaderSource): Promise<Size | undefined> {
  const bytes = await source.at(0, 30);
  if (bytes.length < 30) return undefined;
  switch (bytes.toString("latin1", 12, 16)) {
    case "VP8X": {
      const hasExif = (bytes[20]! & 0x08) !== 0;
      const orientation = hasExif ? await readWebpOrientation(source) : 1;
      return { width: bytes.readUIntLE(24, 3) + 1, height: bytes.readUIntLE(27, 3) + 1, orientation };
    }
    case "VP8L": {
      const bits = bytes.readUInt32LE(21);
      return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1, orientation: 1 };
    }
    default:
      return {
        width: bytes.readUInt16LE(26) & 0x3fff,
        height: bytes.readUInt16LE(28) & 0x3fff,
        orientation: 1,
      };
  }
}

async function readWebpOrientation(source: HeaderSource): Promise<number> {
  for (let at = 12; at < source.fileSize;) {
    const head = await source.at(at, 8);
    if (head.length < 8) break;
    const length = head.readUInt32LE(4);
    if (head.toString("latin1", 0, 4) === "EXIF") {
      const bytes = await source.at(at + 8, Math.min(length, 65_536));
      // Some writers repeat the JPEG segment's mark in front.
      const marked = bytes.toString("latin1", 0, 6) === "Exif\0\0";
      return orientationOfTiff(marked ? bytes.subarray(6) : bytes) ?? 1;
    }
    at += 8 + length + (length & 1);
  }
  return 1;
}

/** Width, height and orientation from the first page's directory. */
async function readTiffSize(source: HeaderSource, path: string): Promise<Size | undefined> {
  const head = await source.at(0, 8);
  if (head.length < 8) return undefined;
  const little = head[0] === 0x49;
  const short = (bytes: Buffer, at: number): number =>
    little ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at);
  const long = (bytes: Buffer, at: number): number =>
    little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at);
  if (short(head, 2) !== 42) return readSizeWithSharp(source, path, "TIFF"); // BigTIFF
  const directory = long(head, 4);
  const count = await source.at(directory, 2);
  if (count.length < 2) return undefined;
  const length = short(count, 0) * 12;
  const entries = await source.at(directory + 2, length);
  if (entries.length < length) return undefined;
  const value = (tag: number): number | undefined => {
    for (let at = 0; at < length; at += 12) {
      if (short(entries, at) !== tag) continue;
      return short(entries, at + 2) === 3 ? short(entries, at + 8) : long(entries, at + 8);
    }
    return undefined;
  };
  const orientation = value(0x0112) ?? 1;
  return {
    width: value(0x0100) ?? 0,
    height: value(0x0101) ?? 0,
    orientation: orientation >= 1 && orientation <= 8 ? orientation : 1,
  };
}

async function readAvifSize(source: HeaderSource, path: string): Promise<Size> {
  if (!(await isAvifWhole(source))) throw truncated(path, "AVIF");
  return readSizeWithSharp(source, path, "AVIF");
}

async function isAvifWhole(source: HeaderSource): Promise<boolean> {
  let at = 0;
  while (at < source.fileSize) {
    const head = await source.at(at, 16);
    if (head.length < 8) break;
    const size = head.readUInt32BE(0);
    if (size === 0) return true;
    if (size === 1 && head.length < 16) return false;
    at += size === 1 ? Math.max(16, Number(head.readBigUInt64BE(8))) : Math.max(8, size);
  }
  return at <= source.fileSize;
}

async function readSizeWithSharp(source: HeaderSource, path: string, format: string): Promise<Size> {
  try {
    const image = openSharp(await source.at(0, source.fileSize), { limitInputPixels: false });
    const { width, height, orientation } = await image.metadata();
    return { width, height, orientation: orientation ?? 1 };
  } catch (error) {
    throw damaged(path, format, error);
  }
}
