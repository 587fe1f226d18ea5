/** The image format that bytes begin as, if it is one that browsers show. */
export function imageType(bytes: Uint8Array): string | undefined {
  const starts = (...prefix: number[]) => prefix.every((byte, index) => bytes[index] === byte);
  const text = (from: number, to: number) => String.fromCharCode(...bytes.subarray(from, to));
  if (starts(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)) return "image/png";
  if (starts(0xff, 0xd8, 0xff)) return "image/jpeg";
  if (text(0, 6) === "GIF87a" || text(0, 6) === "GIF89a") return "image/gif";
  if (text(0, 4) === "RIFF" && text(8, 12) === "WEBP") return "image/webp";
  return undefined;
}

interface SharpImage {
  clone(): SharpImage;
  png(): SharpImage;
  toBuffer(): Promise<Buffer>;
}

/** The picture of a sharp image as PNG; the image itself stays usable. */
export function sharpToPng(value: object): Promise<Buffer> | undefined {
  const image = value as Partial<SharpImage> & { readonly constructor?: { readonly name?: unknown } };
  if (image.constructor?.name !== "Sharp" || typeof image.clone !== "function") return undefined;
  return image.clone().png().toBuffer();
}
