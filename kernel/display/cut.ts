/** One text longer than this, in characters, is cut: browsers stall on more. */
export const TEXT_LIMIT = 1_000_000;

/** Cuts a text that is over the limit in the middle, with a note of its full length. */
export function cutText(text: string, limit = TEXT_LIMIT): string {
  if (text.length <= limit) return text;
  const half = Math.floor(limit / 2);
  const note = `\n\n... cut: the whole text has ${text.length.toLocaleString("en-US")} characters ...\n\n`;
  return text.slice(0, half) + note + text.slice(-half);
}
