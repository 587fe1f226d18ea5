/** The formats whose pixels are read. */
export type ImageFormat = "jpeg" | "png" | "webp" | "gif" | "tiff" | "avif" | "bmp";

/** File name extensions that say "this is an image", readable here or not; lower case, without the dot. */
export const imageExtensions: ReadonlySet<string> = new Set(
  "jpg jpeg jpe jfif png webp gif tif tiff avif bmp dib heic heif jxl jp2 j2k svg psd ico".split(" "),
);

/**
 * Tells a file's format by its first bytes (at least 32, fewer only when the file is shorter); its name plays no part.
 *
 * @returns A format that is read, `{ unsupported }` with the name of a known format that is not, or `undefined` for
 *   bytes that are no image.
 */
export function sniffFormat(bytes: Uint8Array): ImageFormat | { readonly unsupported: string } | undefined {
  const starts = (...signature: number[]): boolean => signature.every((byte, i) => bytes[i] === byte);
  const text = (from: number, to: number): string =>
    String.fromCharCode(...bytes.subarray(from, Math.min(to, bytes.length)));

  if (starts(0xff, 0xd8, 0xff)) return "jpeg";
  if (starts(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)) return "png";
  if (text(0, 4) === "RIFF" && text(8, 12) === "WEBP") return "webp";
  if (text(0, 6) === "GIF87a" || text(0, 6) === "GIF89a") return "gif";
  if (starts(0x49, 0x49, 0x2a, 0) || starts(0x4d, 0x4d, 0, 0x2a)) return "tiff";
  if (starts(0x49, 0x49, 0x2b, 0) || starts(0x4d, 0x4d, 0, 0x2b)) return "tiff"; // BigTIFF
  if (text(4, 8) === "ftyp") return sniffBoxed(text(8, 32));
  // "BM" alone begins many a text: the reserved words must be zero and the header of a known size.
  if (text(0, 2) === "BM" && bytes.length >= 18 && bmpHeaderSizes.has(bytes[14]!) && bytes[15] === 0)
    return "bmp";

  if (starts(0xff, 0x0a) || starts(0, 0, 0, 0x0c, 0x4a, 0x58, 0x4c, 0x20)) return { unsupported: "JPEG XL" };
  if (starts(0, 0, 0, 0x0c, 0x6a, 0x50, 0x20, 0x20)) return { unsupported: "JPEG 2000" };
  if (text(0, 4) === "%PDF") return { unsupported: "PDF" };
  if (text(0, 4) === "8BPS") return { unsupported: "Photoshop" };
  if (starts(0, 0, 1, 0)) return { unsupported: "Windows icon" };
  if (isSvg(text(0, 4096))) {
    return { unsupported: "SVG" };
  }
  return undefined;
}

const bmpHeaderSizes = new Set([12, 40, 52, 56, 64, 108, 124]);

function sniffBoxed(brands: string): ImageFormat | { readonly unsupported: string } | undefined {
  if (/avif|avis/.test(brands)) return "avif";
  if (/hei[cxms]|hev[cx]|mif1|msf1/.test(brands)) return { unsupported: "HEIC" };
  if (brands.startsWith("jxl ")) return { unsupported: "JPEG XL" };
  return undefined;
}

function isSvg(text: string): boolean {
  const withoutMark = text.replace(/^\u00ef\u00bb\u00bf/, "").trimStart();
  return /^<(svg|\?xml|!DOCTYPE svg|!--)/i.test(withoutMark) && /<svg[\s>]/i.test(withoutMark);
}

/** The format's name as people write it. */
export const formatNames: Readonly<Record<ImageFormat, string>> = {
  jpeg: "JPEG",
  png: "PNG",
  webp: "WebP",
  gif: "GIF",
  tiff: "TIFF",
  avif: "AVIF",
  bmp: "BMP",
};
