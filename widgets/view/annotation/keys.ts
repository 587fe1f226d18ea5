/** Keys that stand for labels, in their order: digits as on a keyboard, then letters. */
const labelKeys = "1234567890abcdefghijklmnopqrstuvwxyz";

/** The key of the label at a place; `undefined` behind the last letter. */
export function keyOfLabel(place: number): string | undefined {
  return labelKeys[place];
}

/**
 * The place of the label that a key stands for. Digits go by their place on the keyboard, so that Shift, which adds a label
 * instead of setting it, gives the same one.
 */
export function labelPlaceOf({ key, code }: Pick<KeyboardEvent, "key" | "code">): number | undefined {
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(code)?.[1];
  const place = labelKeys.indexOf(digit ?? (key.length === 1 ? key.toLowerCase() : ""));
  return place >= 0 && (digit !== undefined || key.length === 1) ? place : undefined;
}

const platform = (globalThis as { readonly navigator?: Navigator }).navigator?.platform ?? "";

/** The system's key for commands, as its users write it. */
export const commandKey = /Mac|iPhone|iPad/.test(platform) ? "⌘" : "Ctrl+";

/** What the keys do, for the list that `?` shows. */
export const keyHelp: readonly (readonly [keys: string, what: string])[] = [
  ["1 … 9, 0, a … z", "give the selected images the label with this key"],
  ["Shift + digit or letter", "add the label, or take it off"],
  ["Arrows, Home, End", "go to another image"],
  ["Shift + arrows", "select a range"],
  ["Ctrl + arrows, Space", "go on without selecting, select or deselect"],
  [`${commandKey}A`, "select all on the page"],
  ["Page Up, Page Down", "previous, next page"],
  ["Enter", "zoom"],
  ["Delete", "exclude, or restore what is excluded"],
  [`${commandKey}Z`, "undo"],
  [`${commandKey}Shift+Z, ${commandKey}Y`, "redo"],
  ["Escape", "select nothing"],
  ["?", "show these keys"],
];
