import { mkdirSync } from "node:fs";
import { join } from "node:path";

import sharp from "sharp";

import { Random } from "../../src/random.js";
import { temporaryFolder } from "../support.js";

/** Colours that a network of random start tells apart within a few steps. */
const colours = { blue: [40, 60, 220], green: [40, 200, 60], red: [220, 50, 40] } as const;

export const tinyLabels: readonly string[] = Object.keys(colours);

/** Writes `count` noisy images of each label as `<folder>/<label>/<n>.png`, 40 px wide; the same ones for the same seed. */
export async function writeTinyImages(count: number, seed = 1): Promise<string> {
  const folder = temporaryFolder();
  const random = new Random(seed);
  const side = 40;
  for (const [label, colour] of Object.entries(colours)) {
    mkdirSync(join(folder, label));
    for (let image = 0; image < count; image++) {
      const pixels = Uint8Array.from({ length: side * side * 3 }, (_, i) =>
        Math.max(0, Math.min(255, colour[i % 3]! + random.uniform(-40, 40))),
      );
      await sharp(pixels, { raw: { width: side, height: side, channels: 3 } })
        .png()
        .toFile(join(folder, label, `${image}.png`));
    }
  }
  return folder;
}

/** The images of {@link writeTinyImages} as a labelled set. */
export function tinySet(
  folder: string,
  indices: readonly number[],
): { labels: readonly string[]; images: { id: string; path: string; labels: string[] }[] } {
  const images = tinyLabels.flatMap((label) =>
    indices.map((index) => ({
      id: `${label}/${index}`,
      path: join(folder, label, `${index}.png`),
      labels: [label],
    })),
  );
  return { labels: tinyLabels, images };
}
