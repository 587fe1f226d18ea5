/** The protocol counts Unicode code points; JavaScript's strings count UTF-16 units. */

/** Turns a position in code points into one in UTF-16 units. */
export function toUnits(text: string, points: number): number {
  let units = 0;
  let count = 0;
  for (const character of text) {
    if (count >= points) break;
    units += character.length;
    count += 1;
  }
  return units;
}

/** Turns a position in UTF-16 units into one in code points. */
export function toPoints(text: string, units: number): number {
  return Array.from(text.slice(0, units)).length;
}
