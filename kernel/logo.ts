import { encodePng } from "./png.js";

/** An open eye on a page: a book that sees. Coordinates lie in a square of side 64. */
const PAGE = "#1f4e79";
const WHITE = "#ffffff";
const IRIS = "#f2a541";

/** The kernel's logo as SVG. */
export function logoSvg(): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64" width="64" height="64">`,
    `  <title>Sightbook</title>`,
    `  <rect x="4" y="4" width="56" height="56" rx="10" fill="${PAGE}"/>`,
    `  <path d="M10 32 A25.4 25.4 0 0 1 54 32 A25.4 25.4 0 0 1 10 32 Z" fill="${WHITE}"/>`,
    `  <circle cx="32" cy="32" r="9" fill="${IRIS}"/>`,
    `  <circle cx="32" cy="32" r="4" fill="${PAGE}"/>`,
    `</svg>`,
    ``,
  ].join("\n");
}

/** Samples per side of a pixel, for smooth edges. */
const SAMPLES = 4;

/** The same drawing as a PNG of `size` by `size` pixels. */
export function logoPng(size: number): Uint8Array {
  const pixels = new Uint8Array(size * size * 4);
  for (let y = 0; y < size; y += 1) {
    for (let x = 0; x < size; x += 1) {
      const sum = [0, 0, 0, 0];
      for (let sample = 0; sample < SAMPLES * SAMPLES; sample += 1) {
        const across = ((x + ((sample % SAMPLES) + 0.5) / SAMPLES) * 64) / size;
        const down = ((y + (Math.floor(sample / SAMPLES) + 0.5) / SAMPLES) * 64) / size;
        const colour = colourAt(across, down);
        if (colour === undefined) continue;
        for (let channel = 0; channel < 3; channel += 1) {
          sum[channel]! += Number.parseInt(colour.slice(1 + 2 * channel, 3 + 2 * channel), 16);
        }
        sum[3]! += 1;
      }
      const at = (y * size + x) * 4;
      const covered = sum[3]!;
      for (let channel = 0; channel < 3; channel += 1) {
        pixels[at + channel] = covered === 0 ? 0 : Math.round(sum[channel]! / covered);
      }
      pixels[at + 3] = Math.round((255 * covered) / SAMPLES ** 2);
    }
  }
  return encodePng(size, size, pixels);
}

function colourAt(x: number, y: number): string | undefined {
  const fromCentre = Math.hypot(x - 32, y - 32);
  if (fromCentre < 4) return PAGE;
  if (fromCentre < 9) return IRIS;
  // The eye is where two discs overlap: chord 44, radius 25.4, centres above and below the middle.
  const offset = Math.sqrt(25.4 ** 2 - 22 ** 2);
  if (Math.hypot(x - 32, y - 32 - offset) < 25.4 && Math.hypot(x - 32, y - 32 + offset) < 25.4) return WHITE;
  const beyond = (value: number) => Math.max(14 - value, value - 50, 0);
  return Math.hypot(beyond(x), beyond(y)) < 10 ? PAGE : undefined;
}
