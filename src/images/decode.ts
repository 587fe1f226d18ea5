import { readFile } from "node:fs/promises";
import type { Sharp, SharpOptions } from "sharp";

import { ArgumentError } from "../errors.js";
import { decodeBmp } from "./bmp.js";
import { formatNames, type ImageFormat } from "./formats.js";
import { HeaderSource } from "./header-source.js";
import { defaultLimitInputPixels, readHeader } from "./header.js";
import { asImageError, damaged, truncated } from "./messages.js";
import { checkPreprocessing, type Interpolation, type Preprocessing } from "./preprocessing.js";
import { resizeImage } from "./resample.js";
import { copyRectangle, type RgbImage } from "./rgb-image.js";
import { openSharp } from "./sharp.js";
import { isTruncated } from "./whole.js";

export interface DecodeOptions {
  /** Most pixels (width times height) an image may have. Default {@link defaultLimitInputPixels}. */
  readonly limitInputPixels?: number;
}

/**
 * Decodes an image to the network's input: upright, RGB, resized, cropped in the middle.
 *
 * @returns Pixels `[height, width, 3]` of `preprocessing.imageSize`, 0 to 255.
 * @throws {@link ImageError} when the image cannot be used; see {@link ImageProblemKind}.
 */
export async function decode(
  input: ImageInput,
  preprocessing: Preprocessing,
  options: DecodeOptions = {},
): Promise<Uint8Array> {
  const [height, width] = preprocessing.imageSize;
  const image = await decodeResized(input, preprocessing, options);
  return copyRectangle(image, centreRectangle(image, width, height));
}

/**
 * Decodes an image at its full size.
 *
 * The pixels are brought to 8-bit sRGB by these rules: EXIF orientation is applied; an embedded colour profile is
 * honoured (Display P3, Adobe RGB, CMYK and so on, perceptual intent), CMYK without one is read as sharp's built-in
 * CMYK profile; grey becomes three equal channels; transparency is laid over white; palettes are looked up; of 16
 * bits the upper eight are kept; of an animation the first frame, of a TIFF the first page is read.
 *
 * @param input - A path, or the bytes of an image file with the name to use in messages.
 * @throws {@link ImageError} when the image cannot be used; see {@link ImageProblemKind}.
 */
export async function decodeImage(input: ImageInput, options: DecodeOptions = {}): Promise<RgbImage> {
  return runPipeline(input, options, (image) => toRgb(image));
}

/** An image file: its path, or its bytes and a name for messages. */
export type ImageInput = string | { readonly name: string; readonly bytes: Uint8Array };

/** The step before the crop: the whole image, its shorter side `resizeTo` long. */
export async function decodeResized(
  input: ImageInput,
  preprocessing: Preprocessing,
  options: DecodeOptions = {},
): Promise<RgbImage> {
  checkPreprocessing("decode", preprocessing);
  const { imageSize, resizeTo, interpolation = "bilinear" } = preprocessing;
  const [height, width] = imageSize;
  return runPipeline(input, options, async (image, header) => {
    const size = coveringSize(header, Math.max(resizeTo, width), Math.max(resizeTo, height));
    // libvips shrinks well and fast, but an image that grows it moves by half a pixel.
    const grows = size.width > header.width || size.height > header.height;
    if (grows) return resizeImage(await toRgb(image), size.width, size.height, { interpolation });
    return toRgb(image.resize({ ...size, fit: "fill", kernel: kernels[interpolation] }));
  });
}

/** The smallest size of the image's ratio that covers `width` x `height`, rounded down as in torchvision's `Resize`. */
function coveringSize(
  image: { readonly width: number; readonly height: number },
  width: number,
  height: number,
): { width: number; height: number } {
  const isWide = image.width * height >= image.height * width;
  return isWide
    ? { width: Math.floor((image.width * height) / image.height), height }
    : { width, height: Math.floor((image.height * width) / image.width) };
}

/** The libvips kernel of each interpolation; its cubic is Catmull-Rom's (a = -0.5), as in Pillow. */
const kernels = {
  nearest: "nearest",
  bilinear: "linear",
  bicubic: "cubic",
  lanczos: "lanczos3",
} as const satisfies Record<Interpolation, string>;

/**
 * Decodes an image only to learn whether that works; the cheapest way that still reads every byte.
 *
 * @throws {@link ImageError} when the image cannot be used.
 */
export async function checkImage(input: ImageInput, options: DecodeOptions = {}): Promise<void> {
  await runPipeline(
    input,
    options,
    (image) => toRgb(image.resize({ width: 8, height: 8, fit: "fill", kernel: "nearest" })),
    { ignoreIcc: true }, // converting colours takes half of the time and finds nothing
  );
}

/**
 * A small JPEG for a page of images: upright, in sRGB, at most `size` pixels wide and high, never enlarged.
 *
 * @throws {@link ImageError} when the image cannot be used.
 */
export async function thumbnail(
  input: ImageInput,
  size: number,
  options: DecodeOptions = {},
): Promise<Buffer> {
  if (!Number.isInteger(size) || size < 1) {
    throw new ArgumentError("thumbnail", "size", "a whole number of pixels", size);
  }
  return runPipeline(input, options, (image) =>
    image
      .resize({ width: size, height: size, fit: "inside", withoutEnlargement: true })
      .toColourspace("srgb")
      .jpeg({ quality: 80 })
      .toBuffer(),
  );
}

/** Encodes pixels: JPEG of quality 95 with full colour resolution, or PNG. */
export async function encodeImage(
  { width, height, data }: RgbImage,
  { format }: { readonly format: "jpeg" | "png" },
): Promise<Buffer> {
  const image = openSharp(data, { raw: { width, height, channels: 3 }, limitInputPixels: false });
  const encoded = format === "jpeg" ? image.jpeg({ quality: 95, chromaSubsampling: "4:4:4" }) : image.png();
  return encoded.toBuffer();
}

/** Where `width` x `height` pixels lie in the middle, halves rounded to even as in torchvision. */
export function centreRectangle(
  image: RgbImage,
  width: number,
  height: number,
): { left: number; top: number; width: number; height: number } {
  return {
    left: roundHalfEven((image.width - width) / 2),
    top: roundHalfEven((image.height - height) / 2),
    width,
    height,
  };
}

/** Python's `round`, for the same crop as torchvision's. */
function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  return value - floor === 0.5 ? floor + (floor % 2) : Math.round(value);
}

/** Reads a file, checks it, lets `finish` decode it and turns every failure into an {@link ImageError}. */
export async function runPipeline<Result>(
  input: ImageInput,
  { limitInputPixels = defaultLimitInputPixels }: DecodeOptions,
  finish: (image: Sharp, header: { readonly width: number; readonly height: number }) => Promise<Result>,
  sharpOptions: SharpOptions = {},
): Promise<Result> {
  const path = typeof input === "string" ? input : input.name;
  const bytes = typeof input === "string" ? await readBytes(input) : asBuffer(input.bytes);
  const header = await readHeader(new HeaderSource(bytes), path, limitInputPixels);
  const { format } = header;
  if (await isTruncated(format, bytes)) throw truncated(path, formatNames[format]);
  try {
    const image = format === "bmp" ? openBmp(bytes) : openSharp(bytes, { limitInputPixels, ...sharpOptions });
    if (await isDeepWithProfile(bytes, format)) image.withIccProfile("srgb", { attach: false });
    return await finish(image.flatten({ background: "white" }), header);
  } catch (error) {
    throw damaged(path, formatNames[format], error);
  }
}

/**
 * Whether an image has a colour profile and more than 8 bits per channel: sharp brings such an image to Display P3
 * for its work, and to sRGB only when told so.
 */
async function isDeepWithProfile(bytes: Buffer, format: ImageFormat): Promise<boolean> {
  const canBeDeep = format === "png" ? bytes[24] === 16 : format === "tiff" || format === "avif";
  if (!canBeDeep) return false;
  const { depth, hasProfile } = await openSharp(bytes, { limitInputPixels: false }).metadata();
  return hasProfile && depth !== "uchar";
}

async function readBytes(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw asImageError(path, error);
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function openBmp(bytes: Buffer): Sharp {
  const { width, height, data } = decodeBmp(bytes);
  return openSharp(data, { raw: { width, height, channels: 3 }, limitInputPixels: false });
}

async function toRgb(image: Sharp): Promise<RgbImage> {
  const { data, info } = await image
    .toColourspace("srgb")
    .raw({ depth: "uchar" })
    .toBuffer({ resolveWithObject: true });
  if (info.channels !== 3) throw new Error(`${info.channels} channels`);
  // Not as a Buffer: its `slice` does not copy, and whoever copies pixels to change them would change these.
  return {
    width: info.width,
    height: info.height,
    data: new Uint8Array(data.buffer, data.byteOffset, data.length),
  };
}
