import type { ImageRecord } from "../../src/index.js";
import type { OverviewSize } from "../state/index.js";

/** More marks than this would hide each other. */
const most = 300;

/** The sizes that images have, each with its number; where there are too many, neighbours are taken together. */
export function sizesOf(images: readonly ImageRecord[]): OverviewSize[] {
  for (let grain = 1; ; grain *= 2) {
    const sizes = new Map<string, { width: number; height: number; count: number }>();
    for (const image of images) {
      const width = Math.round(image.width / grain) * grain;
      const height = Math.round(image.height / grain) * grain;
      const size = sizes.get(`${width} ${height}`);
      if (size === undefined) sizes.set(`${width} ${height}`, { width, height, count: 1 });
      else size.count += 1;
    }
    if (sizes.size <= most) return [...sizes.values()].sort((a, b) => b.count - a.count);
  }
}
