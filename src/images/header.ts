import { HeaderSource, openFile, openFileSync, type OpenFile } from "./header-source.js";
import { bmpEnd, readBmpHeader } from "./bmp.js";
import { formatNames, sniffFormat, type ImageFormat } from "./formats.js";
import {
  asImageError,
  damaged,
  empty,
  notAnImage,
  oversized,
  truncated,
  unreadable,
  unsupported,
} from "./messages.js";
import { readSize } from "./sizes.js";
import { isTiffTruncated } from "./whole.js";

/** What an image file says about itself, without any pixel being decoded. */
export interface ImageHeader {
  readonly format: ImageFormat;
  /** Pixels, after the EXIF orientation is applied. */
  readonly width: number;
  readonly height: number;
  /** EXIF orientation, 1 to 8; 1 is upright. */
  readonly orientation: number;
  /** Bytes. */
  readonly fileSize: number;
  /** Last change of the file, milliseconds since 1970. */
  readonly modifiedMs: number;
}

export interface HeaderOptions {
  /** Most pixels (width times height) an image may have. Default {@link defaultLimitInputPixels}. */
  readonly limitInputPixels?: number;
}

/** 100 megapixels: above every phone's camera, below what would fill the memory. */
export const defaultLimitInputPixels = 100_000_000;

/**
 * Reads width, height and format from the first kilobytes of a file.
 *
 * @throws {@link ImageError} when the file is absent, empty, no image, of a format that is not read, too large, or
 *   ends inside its header.
 */
export async function readImageHeader(
  path: string,
  { limitInputPixels = defaultLimitInputPixels }: HeaderOptions = {},
): Promise<ImageHeader> {
  return (await inspectImage(path, { limitInputPixels })).header;
}

export interface InspectOptions extends HeaderOptions {
  /** Read without leaving the thread; the caller sees to it that the event loop gets its turn. Default false. */
  readonly blocking?: boolean;
}

/**
 * {@link readImageHeader} that also looks at the file's last bytes.
 *
 * @returns `looksWhole`: whether the format's end mark is where it should be. If not, the file may be truncated or
 *   carry something behind the picture; decoding tells.
 */
export async function inspectImage(
  path: string,
  { limitInputPixels = defaultLimitInputPixels, blocking = false }: InspectOptions = {},
): Promise<{ readonly header: ImageHeader; readonly looksWhole: boolean }> {
  let file: OpenFile | undefined;
  try {
    file = blocking ? openFileSync(path) : await openFile(path);
    const { status } = file;
    if (!status.isFile())
      throw unreadable(path, status.isDirectory() ? "it is a folder" : "it is no regular file");
    const source = new HeaderSource(file);
    const header = { ...(await readHeader(source, path, limitInputPixels)), modifiedMs: status.mtimeMs };
    return { header, looksWhole: await looksWhole(header.format, source) };
  } catch (error) {
    throw asImageError(path, error);
  } finally {
    await file?.close();
  }
}

/** The header from a file or bytes; `path` is for messages. */
export async function readHeader(
  source: HeaderSource,
  path: string,
  limitInputPixels: number,
): Promise<Omit<ImageHeader, "modifiedMs">> {
  const { fileSize } = source;
  if (fileSize === 0) throw empty(path);
  const start = await source.at(0, 4096);
  const format = sniffFormat(start);
  if (format === undefined) throw notAnImage(path, start);
  if (typeof format === "object") throw unsupported(path, format.unsupported);
  const size = await readSize[format](source, path);
  if (size === undefined) throw truncated(path, formatNames[format]);
  const { orientation } = size;
  const [width, height] = orientation < 5 ? [size.width, size.height] : [size.height, size.width];
  if (width < 1 || height < 1) throw damaged(path, formatNames[format]);
  if (width * height > limitInputPixels) throw oversized(path, { width, height }, limitInputPixels);
  return { format, width, height, orientation, fileSize };
}

/** How far from the end the mark of the end is looked for; cameras put small notes behind it. */
const tailBytes = 4096;

async function looksWhole(format: ImageFormat, source: HeaderSource): Promise<boolean> {
  const tail = (): Promise<Buffer> => source.at(Math.max(0, source.fileSize - tailBytes), tailBytes);
  switch (format) {
    case "jpeg":
      return (await tail()).includes(Buffer.from([0xff, 0xd9]));
    case "png":
      return (await tail()).includes("IEND");
    case "gif":
      return (await tail()).toString("latin1").replace(/\0+$/, "").endsWith(";");
    case "webp":
      return source.fileSize >= (await source.at(4, 4)).readUInt32LE(0) + 8;
    case "bmp":
      return source.fileSize >= bmpEnd(readBmpHeader(await source.at(0, 54)));
    case "tiff":
      return !(await isTiffTruncated(source));
    case "avif":
      return true; // its boxes were walked for its size
  }
}
