import { openSharp } from "./sharp.js";

export interface SheetPicture {
  /** An encoded image, such as {@link thumbnail} makes; empty for a picture that is missing. */
  readonly bytes: Uint8Array;
  /** One line below it, cut where it is too long. */
  readonly caption: string;
  /** Shown pale, as what is left out. */
  readonly pale?: boolean;
}

const captionHeight = 22;
const gap = 8;

/**
 * Many small pictures on one, row by row, each with its caption.
 *
 * @param size - Longer side in pixels that each picture may have.
 * @returns A PNG of few colours, several times smaller than one of all.
 */
export async function contactSheet(
  pictures: readonly SheetPicture[],
  { columns, size }: { readonly columns: number; readonly size: number },
): Promise<Buffer> {
  const width = Math.min(columns, pictures.length) * (size + gap) + gap;
  const rowHeight = size + captionHeight + gap;
  const height = Math.ceil(pictures.length / columns) * rowHeight + gap;
  const places = pictures.map((_, i) => ({
    left: gap + (i % columns) * (size + gap),
    top: gap + Math.floor(i / columns) * rowHeight,
  }));
  const layers = await Promise.all(
    pictures.map(async ({ bytes }, i) => {
      if (bytes.length === 0) return undefined;
      const { width: own, height: tall } = await openSharp(bytes, {}).metadata();
      const { left, top } = places[i]!;
      const middle = { left: left + ((size - own) >> 1), top: top + ((size - tall) >> 1) };
      return { input: Buffer.from(bytes), ...middle };
    }),
  );
  const boxes = places.map(
    ({ left, top }) => `<rect x="${left}" y="${top}" width="${size}" height="${size}" fill="#f0f0f0"/>`,
  );
  const texts = pictures.map(({ caption, pale = false }, i) => {
    const { left, top } = places[i]!;
    const veil = `<rect x="${left}" y="${top}" width="${size}" height="${size}" fill="#fff" fill-opacity="0.6"/>`;
    // Letters of this size are some 7 pixels wide.
    const text = caption.length * 7 > size ? `${caption.slice(0, Math.floor(size / 7) - 1)}…` : caption;
    const line = `<text x="${left + 2}" y="${top + size + 15}" fill="${pale ? "#767676" : "#212121"}">${escapeXml(text)}</text>`;
    return pale ? veil + line : line;
  });
  const drawing = (content: string): Buffer =>
    Buffer.from(
      `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif" font-size="13">${content}</svg>`,
    );
  return openSharp(Buffer.alloc(width * height * 3, 255), { raw: { width, height, channels: 3 } })
    .composite([
      { input: drawing(boxes.join("")), left: 0, top: 0 },
      ...layers.filter((layer) => layer !== undefined),
      { input: drawing(texts.join("")), left: 0, top: 0 },
    ])
    .png({ palette: true, effort: 2 })
    .toBuffer();
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
