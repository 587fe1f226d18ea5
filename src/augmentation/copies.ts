import { decodeImage, encodeImage } from "../images/index.js";
import { Random } from "../random.js";
import type { Augmenter } from "./augmenter.js";

/** One copy to be made of an image. */
export interface CopyOrder {
  readonly pipeline: Augmenter;
  /** Seed of all that is drawn for this copy. */
  readonly seed: number;
}

/**
 * Decodes an image once and makes encoded copies of it.
 *
 * @throws {@link ImageError} when the image cannot be used.
 */
export async function makeCopies(
  path: string,
  format: "jpeg" | "png",
  orders: readonly CopyOrder[],
): Promise<Uint8Array[]> {
  const image = await decodeImage(path);
  const copies: Uint8Array[] = [];
  for (const { pipeline, seed } of orders) {
    copies.push(await encodeImage(pipeline.augmentImage(image, new Random(seed)), { format }));
  }
  return copies;
}
