/** What an image looks like as a whole, in numbers that a change of camera or light moves. */
export interface ImageStatistics {
  /** Mean luma (ITU-R BT.601), 0 to 255. */
  readonly brightness: number;
  /** Standard deviation of the luma. */
  readonly contrast: number;
  /** Mean of the difference between a pixel's largest and smallest channel, 0 (grey) to 255. */
  readonly saturation: number;
  /** Mean absolute Laplacian of the luma: low when out of focus. */
  readonly sharpness: number;
}

export const imageStatisticNames = ["brightness", "contrast", "saturation", "sharpness"] as const;

/**
 * @param pixels - `[height, width, 3]` RGB, 0 to 255. Images of different sizes are not comparable in sharpness; those that a
 *   network sees are of one size.
 */
export function imageStatistics(pixels: ArrayLike<number>, height: number, width: number): ImageStatistics {
  const count = height * width;
  const luma = new Float32Array(count);
  let sum = 0;
  let squares = 0;
  let saturation = 0;
  for (let pixel = 0, at = 0; pixel < count; pixel++, at += 3) {
    const r = pixels[at]!;
    const g = pixels[at + 1]!;
    const b = pixels[at + 2]!;
    const y = 0.299 * r + 0.587 * g + 0.114 * b;
    luma[pixel] = y;
    sum += y;
    squares += y * y;
    saturation += Math.max(r, g, b) - Math.min(r, g, b);
  }
  const brightness = sum / count;
  return {
    brightness,
    contrast: Math.sqrt(Math.max(0, squares / count - brightness * brightness)),
    saturation: saturation / count,
    sharpness: meanLaplacian(luma, height, width),
  };
}

function meanLaplacian(luma: Float32Array, height: number, width: number): number {
  if (height < 3 || width < 3) return 0;
  let sum = 0;
  for (let row = 1; row < height - 1; row++) {
    for (let at = row * width + 1, end = at + width - 2; at < end; at++) {
      const neighbours = luma[at - 1]! + luma[at + 1]! + luma[at - width]! + luma[at + width]!;
      sum += Math.abs(4 * luma[at]! - neighbours);
    }
  }
  return sum / ((height - 2) * (width - 2));
}
