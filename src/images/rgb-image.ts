/** Pixels `[height, width, 3]`, RGB in sRGB, 0 to 255, rows from the top, no padding between rows. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** A rectangle of pixels; `left` and `top` count from the top left corner. */
export interface Rectangle {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Copies a rectangle that lies inside `image` into `target` (or into a new array), mirrored left to right if `flip`. */
export function copyRectangle(
  image: RgbImage,
  { left, top, width, height }: Rectangle,
  { flip = false, target = new Uint8Array(width * height * 3) }: { flip?: boolean; target?: Uint8Array } = {},
): Uint8Array {
  for (let y = 0; y < height; y++) {
    const start = ((top + y) * image.width + left) * 3;
    target.set(image.data.subarray(start, start + width * 3), y * width * 3);
  }
  if (flip) mirrorRows(target, width, height);
  return target;
}

/** Mirrors every row left to right, in place. */
export function mirrorRows(data: Uint8Array, width: number, height: number): void {
  for (let y = 0; y < height; y++) {
    let left = y * width * 3;
    let right = left + (width - 1) * 3;
    for (; left < right; left += 3, right -= 3) {
      for (let channel = 0; channel < 3; channel++) {
        const value = data[left + channel]!;
        data[left + channel] = data[right + channel]!;
        data[right + channel] = value;
      }
    }
  }
}
