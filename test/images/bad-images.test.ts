import assert from "node:assert/strict";
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import sharp from "sharp";

import {
  checkImage,
  decode,
  decodeImage,
  ImageError,
  inspectImage,
  readImageHeader,
  type ImageProblemKind,
} from "../../src/images/index.js";
import { temporaryFolder } from "../support.js";
import { bmp, pattern, row } from "./make-images.js";

const folder = temporaryFolder();
const preprocessing = { imageSize: [8, 8], resizeTo: 9 } as const;

const jpeg = await pattern(96, 64).jpeg().toBuffer();
const progressiveJpeg = await pattern(96, 64).jpeg({ progressive: true }).toBuffer();
const png = await pattern(96, 64).png().toBuffer();
const interlacedPng = await pattern(96, 64).png({ progressive: true }).toBuffer();
const webp = await pattern(96, 64).webp().toBuffer();
const gif = await pattern(96, 64).gif().toBuffer();
const tiff = await pattern(96, 64).tiff({ compression: "lzw" }).toBuffer();
const avif = await pattern(96, 64).avif().toBuffer();
const bitmap = bmp(2, 2, 24, [
  [0, 0, 255, 0, 255, 0],
  [255, 0, 0, 9, 9, 9],
]);

function cut(bytes: Buffer, share: number): Buffer {
  return bytes.subarray(0, Math.floor(bytes.length * share));
}

/** The beginning of a file, stretched with zeros to its full length: an interrupted download of some programs. */
function zeroTail(bytes: Buffer): Buffer {
  return Buffer.concat([cut(bytes, 0.5), Buffer.alloc(bytes.length - Math.floor(bytes.length * 0.5))]);
}

function patched(bytes: Buffer, at: number, patch: readonly number[]): Buffer {
  const copy = Buffer.from(bytes);
  copy.set(patch, at);
  return copy;
}

/** A PNG that says it is 60,000 x 60,000. */
function hugePng(): Buffer {
  const huge = Buffer.from(png);
  huge.writeUInt32BE(60_000, 16);
  huge.writeUInt32BE(60_000, 20);
  return huge;
}

const copyAgain = "Copy it again from its source, or delete it.";
const convert = "Convert it to JPEG, PNG, WebP, GIF, TIFF, AVIF or uncompressed BMP.";
const replace = "Replace it by the image, or delete it.";

/** Every way in which an image cannot be used, with the sentence the user sees. The bytes decide, not the name. */
const badImages: readonly {
  readonly name: string;
  readonly bytes: Buffer | string;
  readonly kind: ImageProblemKind;
  readonly sentence: string;
}[] = [
  { name: "empty.jpg", bytes: "", kind: "empty", sentence: `the file is empty. ${copyAgain}` },
  ...[jpeg, progressiveJpeg].flatMap((bytes, i) =>
    [0.5, 0.97].map((share) => ({
      name: `cut-${i}-${share}.jpg`,
      bytes: cut(bytes, share),
      kind: "truncated" as const,
      sentence: `the JPEG image is cut off before its end. ${copyAgain}`,
    })),
  ),
  {
    name: "cut-last-two-bytes.jpg",
    bytes: jpeg.subarray(0, -2),
    kind: "truncated",
    sentence: `the JPEG image is cut off before its end. ${copyAgain}`,
  },
  {
    name: "zero-tail.jpg",
    bytes: zeroTail(jpeg),
    kind: "truncated",
    sentence: `the JPEG image is cut off before its end. ${copyAgain}`,
  },
  {
    name: "zero-tail-progressive.jpg",
    bytes: zeroTail(progressiveJpeg),
    kind: "truncated",
    sentence: `the JPEG image is cut off before its end. ${copyAgain}`,
  },
  {
    name: "cut-header.jpg",
    bytes: jpeg.subarray(0, 40),
    kind: "truncated",
    sentence: `the JPEG image is cut off before its end. ${copyAgain}`,
  },
  ...[png, interlacedPng].flatMap((bytes, i) =>
    [0.5, 0.97].map((share) => ({
      name: `cut-${i}-${share}.png`,
      bytes: cut(bytes, share),
      kind: "truncated" as const,
      sentence: `the PNG image is cut off before its end. ${copyAgain}`,
    })),
  ),
  {
    name: "cut-header.png",
    bytes: png.subarray(0, 20),
    kind: "truncated",
    sentence: `the PNG image is cut off before its end. ${copyAgain}`,
  },
  ...(["webp", "gif", "avif"] as const).map((format) => ({
    name: `cut.${format}`,
    bytes: cut({ webp, gif, avif }[format], 0.8),
    kind: "truncated" as const,
    sentence: `the ${{ webp: "WebP", gif: "GIF", avif: "AVIF" }[format]} image is cut off before its end. ${copyAgain}`,
  })),
  {
    name: "cut.tiff",
    bytes: cut(tiff, 0.8),
    kind: "truncated",
    sentence: `the TIFF image is cut off before its end. ${copyAgain}`,
  },
  {
    name: "cut.bmp",
    bytes: bitmap.subarray(0, -4),
    kind: "truncated",
    sentence: `the BMP image is cut off before its end. ${copyAgain}`,
  },
  {
    name: "damaged.png",
    bytes: patched(png, Math.floor(png.length / 2), [1, 2, 3, 4, 5, 6, 7, 8]),
    kind: "unreadable",
    sentence: `the PNG image is damaged. ${copyAgain}`,
  },
  {
    name: "damaged.jpg",
    bytes: patched(progressiveJpeg, progressiveJpeg.length >> 1, [0xff, 0xc4, 0, 4, 9, 9]),
    kind: "unreadable",
    sentence: `the JPEG image is damaged. ${copyAgain}`,
  },
  {
    name: "text.jpg",
    bytes: "not an image at all\n",
    kind: "unreadable",
    sentence: `the file is not an image but text. ${replace}`,
  },
  {
    name: "page.png",
    bytes: "<!DOCTYPE html>\n<html><body>404 Not Found</body></html>",
    kind: "unreadable",
    sentence: `the file is not an image but a web page. ${replace}`,
  },
  {
    name: "zeros.jpg",
    bytes: Buffer.alloc(5000),
    kind: "unreadable",
    sentence: `the file is not an image but zeros only. ${replace}`,
  },
  {
    name: "archive.png",
    bytes: Buffer.from("PK\x03\x04\x00\x00\x00\x00", "latin1"),
    kind: "unreadable",
    sentence: `the file is not an image but a ZIP archive. ${replace}`,
  },
  {
    name: "random.webp",
    bytes: Buffer.from([1, 2, 3, 4, 200, 0, 7]),
    kind: "unreadable",
    sentence: `the file is not an image but data of another kind. ${replace}`,
  },
  {
    name: "huge.png",
    bytes: hugePng(),
    kind: "oversized",
    sentence:
      "60000 x 60000 pixels are more than the limit of 100 megapixels. Make it smaller, or raise limitInputPixels.",
  },
  {
    name: "drawing.svg.png",
    bytes: '<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>',
    kind: "unsupported",
    sentence: `SVG is not read. ${convert}`,
  },
  { name: "paper.jpg", bytes: "%PDF-1.7\n", kind: "unsupported", sentence: `PDF is not read. ${convert}` },
  {
    name: "phone.heic",
    bytes: Buffer.from("\0\0\0\x18ftypheic\0\0\0\0mif1heic", "latin1"),
    kind: "unsupported",
    sentence: `HEIC is not read. ${convert}`,
  },
  {
    name: "run-lengths.bmp",
    bytes: bmp(2, 2, 8, [[2, 1, 0, 1]], { palette: [0, 0, 0, 0, 9, 9, 9, 0], compression: 1 }),
    kind: "unsupported",
    sentence: `compressed BMP is not read. ${convert}`,
  },
];

for (const { name, bytes, kind, sentence } of badImages) {
  test(`bad image: ${name}`, async () => {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    const expected = { name: "ImageError", path, kind, message: `${path}: ${sentence}` };
    await assert.rejects(decode(path, preprocessing), expected);
    await assert.rejects(decodeImage(path), expected);
    await assert.rejects(checkImage(path), expected);
    // Opening a folder reads headers and tails only: it must say the same, or see that the file wants decoding.
    const seen = await inspectImage(path).catch((error: unknown) => {
      assert.ok(error instanceof ImageError);
      assert.equal(error.message, expected.message);
      return undefined;
    });
    if (kind === "truncated") assert.notEqual(seen?.looksWhole, true);
    else if (kind !== "unreadable") assert.equal(seen, undefined);
  });
}

const fileCases: readonly {
  name: string;
  make: (path: string) => void;
  sentence: string;
}[] = [
  { name: "absent.jpg", make: () => undefined, sentence: "the file cannot be read (no such file or folder)" },
  {
    name: "folder.jpg",
    make: (path) => {
      mkdirSync(path);
    },
    sentence: "the file cannot be read (it is a folder)",
  },
  {
    name: "link-to-nothing.jpg",
    make: (path) => {
      symlinkSync(join(folder, "nothing"), path);
    },
    sentence: "the file cannot be read (no such file or folder)",
  },
  {
    name: "link-to-itself.jpg",
    make: (path) => {
      symlinkSync(path, path);
    },
    sentence: "the file cannot be read (symbolic links go in a circle)",
  },
  {
    name: "secret.jpg",
    make: (path) => {
      writeFileSync(path, jpeg);
      chmodSync(path, 0);
    },
    sentence: "the file cannot be read (permission denied)",
  },
];

for (const { name, make, sentence } of fileCases) {
  const skip = name === "secret.jpg" && process.platform === "win32" && "Windows has no such permission";
  test(`bad file: ${name}`, { skip }, async () => {
    const path = join(folder, name);
    make(path);
    const message = `${path}: ${sentence}. Make it readable, or take it out of the folder.`;
    await asAnybody(async () => {
      await assert.rejects(decode(path, preprocessing), { kind: "unreadable", message });
      await assert.rejects(readImageHeader(path), { kind: "unreadable", message });
    });
  });
}

/** The administrator may read every file: there the work is done as a user without rights. */
async function asAnybody(work: () => Promise<void>): Promise<void> {
  if (process.geteuid?.() !== 0) {
    await work();
    return;
  }
  chmodSync(folder, 0o755);
  process.seteuid?.(65_534);
  try {
    await work();
  } finally {
    process.seteuid?.(0);
  }
}

/** Images that look odd and are good. */
const goodImages: readonly { readonly name: string; readonly bytes: Buffer }[] = [
  { name: "really-a-png.jpg", bytes: png },
  { name: "no-extension", bytes: jpeg },
  { name: "progressive.jpg", bytes: progressiveJpeg },
  { name: "interlaced.png", bytes: interlacedPng },
  { name: "note-behind-the-end.jpg", bytes: Buffer.concat([jpeg, Buffer.from("a note of the camera")]) },
  { name: "padded-with-zeros.jpg", bytes: Buffer.concat([jpeg, Buffer.alloc(10_000)]) },
  {
    name: "thumbnail-inside.jpg",
    bytes: await sharp(jpeg)
      .withExif({ IFD0: { Copyright: "nobody" } })
      .jpeg()
      .toBuffer(),
  },
  { name: "checksum-of-the-end-missing.png", bytes: png.subarray(0, -4) },
  { name: "one-pixel.gif", bytes: await row([1, 2, 3]).gif().toBuffer() },
  { name: "größe 漢字 🍵 e\u0301.webp", bytes: webp },
  { name: `${"long".repeat(62)}.tiff`, bytes: tiff },
  { name: "new.avif", bytes: avif },
  { name: "old.bmp", bytes: bitmap },
];

for (const { name, bytes } of goodImages) {
  test(`odd but good image: ${name}`, async () => {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    assert.equal((await decode(path, preprocessing)).length, 8 * 8 * 3);
    await checkImage(path);
    const { width, height } = await readImageHeader(path);
    const image = await decodeImage(path);
    assert.deepEqual([width, height], [image.width, image.height]);
  });
}
