/** Widths in thousandths of the font size, of the printable ASCII characters of Helvetica and Arial from the space on. */
const asciiWidths = [
  278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556,
  556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278,
  500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469,
  556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500,
  278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
];

/**
 * Estimated width of a text in the font of the plots. It must not come out too small, or words would be cut; other
 * fonts of the family and bold text are a little wider.
 */
export function estimateTextWidth(text: string, fontSize: number): number {
  let thousandths = 0;
  for (const character of text) {
    const code = character.codePointAt(0)!;
    // Accented Latin, Greek and Cyrillic letters are about as wide as "o"; from Hangul and Kanji on they fill the square.
    thousandths += asciiWidths[code - 32] ?? (code < 0x1100 ? 650 : 1000);
  }
  return Math.ceil((1.06 * thousandths * fontSize) / 1000);
}
