import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { deflateSync } from "node:zlib";
import sharp from "sharp";

import { decode, decodeImage, decodeResized, readImageHeader, thumbnail } from "../../src/images/index.js";
import { temporaryFolder } from "../support.js";
import { bmp, pattern, patternPixels, row } from "./make-images.js";

const folder = temporaryFolder();

/** Every kind of pixel that becomes RGB, by the documented rules; `tolerance` per channel. */
const colors: readonly {
  readonly name: string;
  readonly bytes: Buffer;
  readonly rgb: readonly number[];
  readonly tolerance?: number;
}[] = [
  { name: "RGB", bytes: await row([200, 100, 50]).png().toBuffer(), rgb: [200, 100, 50] },
  { name: "grey", bytes: await row([100]).toColourspace("b-w").png().toBuffer(), rgb: [100, 100, 100] },
  {
    name: "grey JPEG",
    bytes: await row([100], [100]).toColourspace("b-w").jpeg().toBuffer(),
    rgb: [100, 100, 100, 100, 100, 100],
    tolerance: 1,
  },
  {
    name: "alpha is laid over white: 128/255 of the colour, the rest white",
    bytes: await row([100, 50, 0, 128], [1, 2, 3, 0], [1, 2, 3, 255]).png().toBuffer(),
    rgb: [...[100, 50, 0].map((value) => 255 + (value - 255) * (128 / 255)), 255, 255, 255, 1, 2, 3],
    tolerance: 1,
  },
  {
    name: "grey with alpha",
    bytes: await row([100, 128]).toColourspace("b-w").png().toBuffer(),
    rgb: Array<number>(3).fill(255 + (100 - 255) * (128 / 255)),
    tolerance: 1,
  },
  {
    name: "palette",
    bytes: await row([200, 100, 50], [0, 0, 255]).png({ palette: true }).toBuffer(),
    rgb: [200, 100, 50, 0, 0, 255],
    tolerance: 1,
  },
  {
    name: "palette with alpha",
    bytes: await row([200, 100, 50, 255], [0, 0, 255, 0]).png({ palette: true }).toBuffer(),
    rgb: [200, 100, 50, 255, 255, 255],
    tolerance: 1,
  },
  {
    name: "16 bits keep the upper eight",
    bytes: await sharp(Uint16Array.from([200 * 256 + 7, 100 * 256 + 250, 255]), {
      raw: { width: 1, height: 1, channels: 3 },
    })
      .toColourspace("rgb16")
      .png()
      .toBuffer(),
    rgb: [200, 100, 0],
  },
  {
    name: "16-bit grey",
    bytes: await sharp(Uint16Array.from([200 * 256 + 7]), { raw: { width: 1, height: 1, channels: 1 } })
      .toColourspace("grey16")
      .png()
      .toBuffer(),
    rgb: [200, 200, 200],
  },
  {
    name: "CMYK JPEG without a profile comes back close to the colour it was made of",
    bytes: await row([200, 100, 50]).toColourspace("cmyk").jpeg({ quality: 100 }).toBuffer(),
    rgb: [200, 100, 50],
    tolerance: 32,
  },
  {
    name: "CMYK JPEG with a profile",
    bytes: await row([120, 130, 140]).withIccProfile("cmyk").jpeg({ quality: 100 }).toBuffer(),
    rgb: [120, 130, 140],
    tolerance: 32,
  },
  {
    name: "Display P3: the same colour in sRGB",
    bytes: await row([200, 100, 50]).withIccProfile("p3").png().toBuffer(),
    rgb: [200, 100, 50],
    tolerance: 2,
  },
  {
    name: "24-bit BMP, odd width, rows from the bottom",
    bytes: bmp(1, 2, 24, [
      [50, 100, 200],
      [3, 2, 1],
    ]),
    rgb: [1, 2, 3, 200, 100, 50],
  },
  {
    name: "24-bit BMP, rows from the top",
    bytes: bmp(1, -2, 24, [
      [50, 100, 200],
      [3, 2, 1],
    ]),
    rgb: [200, 100, 50, 1, 2, 3],
  },
  { name: "32-bit BMP, fourth byte ignored", bytes: bmp(1, 1, 32, [[50, 100, 200, 0]]), rgb: [200, 100, 50] },
  {
    name: "16-bit BMP, five bits each",
    bytes: bmp(2, 1, 16, [[0xff, 0x7f, 0x1f, 0]]),
    rgb: [255, 255, 255, 0, 0, 255],
  },
  {
    name: "8-bit BMP with a palette",
    bytes: bmp(3, 1, 8, [[1, 0, 1]], { palette: [9, 8, 7, 0, 50, 100, 200, 0] }),
    rgb: [200, 100, 50, 7, 8, 9, 200, 100, 50],
  },
  {
    name: "4-bit BMP, odd width",
    bytes: bmp(3, 1, 4, [[0x10, 0x10]], { palette: [9, 8, 7, 0, 50, 100, 200, 0] }),
    rgb: [200, 100, 50, 7, 8, 9, 200, 100, 50],
  },
  {
    name: "1-bit BMP",
    bytes: bmp(3, 1, 1, [[0b10100000]], { palette: [0, 0, 0, 0, 255, 255, 255, 0] }),
    rgb: [255, 255, 255, 0, 0, 0, 255, 255, 255],
  },
  {
    name: "animated GIF: the first frame",
    bytes: await animation("gif"),
    rgb: [255, 0, 0],
    tolerance: 1,
  },
  {
    name: "animated WebP: the first frame",
    bytes: await animation("webp"),
    rgb: [255, 0, 0],
    tolerance: 6,
  },
];

async function animation(format: "gif" | "webp"): Promise<Buffer> {
  const frames = Buffer.from([255, 0, 0, 0, 0, 255]);
  const image = sharp(frames, { raw: { width: 1, height: 2, channels: 3, pageHeight: 1 } });
  return format === "gif"
    ? image.gif({ delay: [100, 100] }).toBuffer()
    : image.webp({ lossless: true }).toBuffer();
}

for (const { name, bytes, rgb, tolerance = 0 } of colors) {
  test(`color: ${name}`, async () => {
    const { data } = await decodeImage({ name, bytes });
    assert.equal(data.length, rgb.length);
    data.forEach((value, i) => {
      assert.ok(Math.abs(value - rgb[i]!) <= tolerance, `[${data.join()}] instead of [${rgb.join()}]`);
    });
  });
}

for (const depth of [8, 16] as const) {
  test(`${depth}-bit numbers tagged as Display P3 are brought to sRGB`, async () => {
    const rgb = [200, 100, 50];
    const bytes = pngWithProfile(rgb, depth, await displayP3());
    const { data } = await decodeImage({ name: "p3", bytes });
    const expected = p3ToSrgb(rgb);
    data.forEach((value, i) => {
      assert.ok(Math.abs(value - expected[i]!) <= 2, `${data.join()} instead of ${expected.join()}`);
    });
  });
}

async function displayP3(): Promise<Buffer> {
  const { icc } = await sharp(await row([0, 0, 0]).withIccProfile("p3").png().toBuffer()).metadata();
  assert.ok(icc);
  return icc;
}

/** A PNG of one pixel, its numbers as given, that claims the profile. */
function pngWithProfile(rgb: readonly number[], depth: 8 | 16, icc: Buffer): Buffer {
  const chunk = (kind: string, content: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(kind, "latin1"), content]);
    const framed = Buffer.alloc(body.length + 8);
    framed.writeUInt32BE(content.length, 0);
    body.copy(framed, 4);
    framed.writeUInt32BE(crc32(body), body.length + 4);
    return framed;
  };
  const header = Buffer.from([0, 0, 0, 1, 0, 0, 0, 1, depth, 2, 0, 0, 0]);
  const pixel = Buffer.from([0, ...rgb.flatMap((value) => (depth === 16 ? [value, 0] : [value]))]);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", header),
    chunk("iCCP", Buffer.concat([Buffer.from("p3\0\0", "latin1"), deflateSync(icc)])),
    chunk("IDAT", deflateSync(pixel)),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

/** PNG specification, annex D. */
function crc32(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}

function p3ToSrgb(rgb: readonly number[]): number[] {
  const linear = rgb.map((value) => {
    const x = value / 255;
    return x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4;
  });
  // Both spaces share the D65 white and the transfer curve; this is XYZ-to-sRGB times P3-to-XYZ.
  const matrix = [
    [1.2249401763, -0.2249401763, 0],
    [-0.0420569547, 1.0420569547, 0],
    [-0.0196375546, -0.0786360456, 1.0982736002],
  ];
  return matrix.map((weights) => {
    const x = Math.min(
      1,
      Math.max(
        0,
        weights.reduce((sum, weight, i) => sum + weight * linear[i]!, 0),
      ),
    );
    return Math.round(255 * (x <= 0.0031308 ? x * 12.92 : 1.055 * x ** (1 / 2.4) - 0.055));
  });
}

test("all eight EXIF orientations come out upright, in every format that has them, and headers agree", async () => {
  // Upright: red green / blue white / black yellow, each 8 x 8 pixels.
  const palette = [
    [255, 0, 0],
    [0, 255, 0],
    [0, 0, 255],
    [255, 255, 255],
    [0, 0, 0],
    [255, 255, 0],
  ];
  const upright = Buffer.alloc(16 * 24 * 3);
  for (let y = 0; y < 24; y++) {
    for (let x = 0; x < 16; x++) upright.set(palette[(y >> 3) * 2 + (x >> 3)]!, (y * 16 + x) * 3);
  }
  // EXIF: which side of the picture the first stored row and the first stored column show.
  const sides = ["top left", "top right", "bottom right", "bottom left"].concat(
    ["left top", "right top", "right bottom", "left bottom"], // 5 to 8: rows and columns change places
  );
  for (const [i, side] of sides.entries()) {
    const orientation = i + 1;
    const [width, height] = orientation < 5 ? [16, 24] : [24, 16];
    const stored = Buffer.alloc(upright.length);
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        const [down, right] = orientation < 5 ? [row, column] : [column, row];
        const y = side.includes("bottom") ? 23 - down : down;
        const x = side.includes("right") ? 15 - right : right;
        stored.set(upright.subarray((y * 16 + x) * 3, (y * 16 + x) * 3 + 3), (row * width + column) * 3);
      }
    }
    for (const format of ["jpeg", "png", "webp", "tiff", "avif"] as const) {
      const options = {
        jpeg: { quality: 95 },
        png: {},
        webp: { lossless: true },
        tiff: { compression: "none" },
        avif: { quality: 95 },
      }[format];
      const bytes = await sharp(stored, { raw: { width, height, channels: 3 } })
        .withMetadata({ orientation })
        .toFormat(format, options)
        .toBuffer();
      const path = join(folder, `orientation-${orientation}.${format}`);
      writeFileSync(path, bytes);
      const decoded = await decodeImage(path);
      assert.deepEqual([decoded.width, decoded.height], [16, 24], path);
      const centres = palette.map((_, i) => {
        const at = ((4 + 8 * Math.floor(i / 2)) * 16 + 4 + 8 * (i % 2)) * 3;
        return [...decoded.data.subarray(at, at + 3)].map((value) => (value > 127 ? 255 : 0));
      });
      assert.deepEqual(centres, palette, path);
      const header = await readImageHeader(path);
      // An AVIF is turned by its own means before its pixels are handed out: what is left to do is nothing.
      const left = format === "avif" ? 1 : orientation;
      assert.deepEqual(
        [header.width, header.height, header.format, header.orientation],
        [16, 24, format, left],
        path,
      );
      const small = await sharp(await thumbnail(path, 12)).metadata();
      assert.deepEqual([small.width, small.height], [8, 12], path);
    }
  }
});

test("resizing keeps the ratio and covers the crop", async () => {
  const bytes = await pattern(300, 200).png().toBuffer();
  const input = { name: "pattern", bytes };
  const sizes: { imageSize: readonly [number, number]; resizeTo: number; size: [number, number] }[] = [
    { imageSize: [96, 96], resizeTo: 100, size: [150, 100] },
    { imageSize: [96, 160], resizeTo: 100, size: [160, 106] },
    { imageSize: [224, 224], resizeTo: 256, size: [384, 256] },
  ];
  for (const { imageSize, resizeTo, size } of sizes) {
    const { width, height } = await decodeResized(input, { imageSize, resizeTo });
    assert.deepEqual([width, height], size);
  }
});

test("the centre crop is the middle of the image", async () => {
  const path = join(folder, "centre.png");
  writeFileSync(path, await pattern(40, 20).png().toBuffer());
  const pixels = patternPixels(40, 20);
  const cropped = await decode(path, { imageSize: [10, 10], resizeTo: 20 });
  for (let y = 0; y < 10; y++) {
    const start = ((y + 5) * 40 + 15) * 3;
    assert.deepEqual(cropped.slice(y * 30, y * 30 + 30), new Uint8Array(pixels.subarray(start, start + 30)));
  }
});

test("a wrong preprocessing is refused with the way out", async () => {
  await assert.rejects(decode("x.jpg", { imageSize: [224, 224], resizeTo: 200 }), {
    name: "ArgumentError",
    message:
      "decode: resizeTo must be at least the shorter side of imageSize, 224, got 200. Resize to about 1.14 times the crop, such as 256 for 224.",
  });
  await assert.rejects(decode("x.jpg", { imageSize: [0, 224], resizeTo: 200 }), {
    message: "decode: imageSize must be two whole numbers of pixels, height and width, got [ 0, 224 ].",
  });
});

test("the limit of pixels can be moved", async () => {
  const path = join(folder, "limit.png");
  writeFileSync(path, await pattern(100, 50).png().toBuffer());
  await assert.rejects(decodeImage(path, { limitInputPixels: 4999 }), { kind: "oversized" });
  await assert.rejects(readImageHeader(path, { limitInputPixels: 4999 }), { kind: "oversized" });
  assert.equal((await decodeImage(path, { limitInputPixels: 5000 })).width, 100);
});
