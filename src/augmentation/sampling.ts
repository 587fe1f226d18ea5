/**
 * What lies outside of an image, with numpy's and imgaug's names; `|` marks the edge of `abcd`:
 *
 * - `"constant"`: one value, `kkkk|abcd|kkkk`
 * - `"edge"`: the edge pixel, `aaaa|abcd|dddd`
 * - `"reflect"`: mirrored, the edge pixel once, `dcb|abcd|cba`
 * - `"symmetric"`: mirrored, the edge pixel twice, `dcba|abcd|dcba`
 * - `"wrap"`: from the other side, `abcd|abcd|abcd`
 */
export type BorderMode = "constant" | "edge" | "reflect" | "symmetric" | "wrap";

export const borderModes: readonly BorderMode[] = ["constant", "edge", "reflect", "symmetric", "wrap"];

/** The place inside `[0, size)` whose pixel stands at `index`; -1 for the constant. */
export function borderIndex(index: number, size: number, mode: BorderMode): number {
  if (index >= 0 && index < size) return index;
  switch (mode) {
    case "constant":
      return -1;
    case "edge":
      return index < 0 ? 0 : size - 1;
    case "wrap":
      return modulo(index, size);
    case "symmetric": {
      const place = modulo(index, 2 * size);
      return place < size ? place : 2 * size - 1 - place;
    }
    case "reflect": {
      if (size === 1) return 0;
      const place = modulo(index, 2 * size - 2);
      return place < size ? place : 2 * size - 2 - place;
    }
  }
}

function modulo(value: number, divisor: number): number {
  return ((value % divisor) + divisor) % divisor;
}
