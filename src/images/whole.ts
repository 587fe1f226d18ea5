import { bmpEnd, readBmpHeader } from "./bmp.js";
import type { ImageFormat } from "./formats.js";
import { HeaderSource } from "./header-source.js";

/**
 * Whether a file's end is missing, told by the format's own marks and not by decoding.
 *
 * The decoders alone do not suffice: a JPEG whose download was cut but whose file was already stretched with zeros to
 * its full length decodes without complaint, its lower part grey.
 *
 * @param bytes - The whole file.
 */
export async function isTruncated(format: ImageFormat, bytes: Buffer): Promise<boolean> {
  switch (format) {
    case "jpeg":
      return isJpegTruncated(bytes);
    case "png":
      return isPngTruncated(bytes);
    case "webp":
      return bytes.length < 12 || bytes.length < bytes.readUInt32LE(4) + 8;
    case "gif":
      return isGifTruncated(bytes);
    case "bmp":
      return bytes.length < bmpEnd(readBmpHeader(bytes));
    case "tiff":
      return isTiffTruncated(new HeaderSource(bytes));
    case "avif":
      return false; // its boxes were walked when its header was read
  }
}

/** A JPEG is whole when an end-of-image marker follows its first scan; inside a scan, FF is always followed by 0. */
function isJpegTruncated(bytes: Buffer): boolean {
  let at = 2;
  while (at + 4 <= bytes.length) {
    if (bytes[at] !== 0xff) {
      at++; // stray bytes between segments are common and harmless
      continue;
    }
    const marker = bytes[at + 1]!;
    if (marker === 0xff) at++;
    else if (marker === 0xda) return bytes.indexOf(endOfJpeg, at) === -1;
    else if (marker === 0xd9)
      return true; // the end, before any scan
    else if (marker === 0 || marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)) at += 2;
    else at += 2 + bytes.readUInt16BE(at + 2);
  }
  return true;
}

const endOfJpeg = Buffer.from([0xff, 0xd9]);

/** A PNG is whole when its chunks lead to an end chunk; a missing checksum of that empty chunk costs no pixel. */
function isPngTruncated(bytes: Buffer): boolean {
  let at = 8;
  while (at + 8 <= bytes.length) {
    if (bytes.toString("latin1", at + 4, at + 8) === "IEND") return false;
    at += 12 + bytes.readUInt32BE(at);
  }
  return true;
}

/** A GIF is whole for us when its first frame is: only that frame is read. */
function isGifTruncated(bytes: Buffer): boolean {
  const colorTable = (flags: number): number => ((flags & 0x80) === 0 ? 0 : 3 << ((flags & 7) + 1));
  if (bytes.length < 13) return true;
  let at = 13 + colorTable(bytes[10]!);
  while (at < bytes.length) {
    const block = bytes[at]!;
    if (block === 0x3b) return false;
    const isFrame = block === 0x2c;
    if (!isFrame && block !== 0x21) return false; // damaged, which the decoder says better
    if (isFrame) {
      if (at + 10 > bytes.length) return true;
      at += 11 + colorTable(bytes[at + 9]!);
    } else {
      at += 2;
    }
    while (at < bytes.length && bytes[at] !== 0) at += 1 + bytes[at]!;
    if (at >= bytes.length) return true;
    at++;
    if (isFrame) return false;
  }
  return true;
}

/**
 * A TIFF is whole for us when the strips or tiles of its first page are. Only the classic form is looked at; of
 * BigTIFF the decoder finds what is missing.
 *
 * @see TIFF 6.0 (Adobe 1992), sections 2, 3 and 15.
 */
export async function isTiffTruncated(source: HeaderSource): Promise<boolean> {
  const head = await source.at(0, 8);
  if (head.length < 8) return true;
  const little = head[0] === 0x49;
  const short = (bytes: Buffer, at: number): number =>
    little ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at);
  const long = (bytes: Buffer, at: number): number =>
    little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at);
  if (short(head, 2) !== 42) return false;
  const directory = long(head, 4);
  const count = await source.at(directory, 2);
  if (count.length < 2) return true;
  const entries = await source.at(directory + 2, short(count, 0) * 12);
  if (entries.length < short(count, 0) * 12) return true;

  const values = new Map<number, number[]>();
  for (let at = 0; at < entries.length; at += 12) {
    const tag = short(entries, at);
    if (![273, 279, 324, 325].includes(tag)) continue; // offsets and byte counts of strips, of tiles
    const valueBytes = short(entries, at + 2) === 3 ? 2 : 4;
    const length = long(entries, at + 4);
    const bytes = length * valueBytes;
    const place = bytes <= 4 ? entries.subarray(at + 8) : await source.at(long(entries, at + 8), bytes);
    if (place.length < bytes) return true;
    const read = valueBytes === 2 ? short : long;
    values.set(
      tag,
      Array.from({ length }, (_, i) => read(place, i * valueBytes)),
    );
  }
  const offsets = values.get(273) ?? values.get(324) ?? [];
  const counts = values.get(279) ?? values.get(325) ?? [];
  return offsets.some((offset, i) => offset + (counts[i] ?? 0) > source.fileSize);
}
