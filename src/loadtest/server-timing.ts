/** What a scoring server spends its time on, in the order an image takes; charts show these parts over time. */
export const serverParts = ["queue", "decode", "inference"] as const;

export type ServerPart = (typeof serverParts)[number];

/** Longest time that is believed, in milliseconds: eleven days. */
const longest = 1e9;

/**
 * The durations of a `Server-Timing` header, in milliseconds by name.
 *
 * @see W3C, Server Timing (2023), section 3.
 */
export function readServerTiming(header: string): [name: string, milliseconds: number][] {
  const durations: [string, number][] = [];
  for (const metric of parts(header, ",")) {
    const [name = "", ...parameters] = parts(metric, ";");
    const duration = parameters.find((parameter) => /^dur\s*=/i.test(parameter));
    const number = duration?.split("=")[1]?.replaceAll('"', "").trim() ?? "";
    const milliseconds = number === "" ? NaN : Number(number);
    if (isToken(name) && milliseconds >= 0 && milliseconds <= longest) durations.push([name, milliseconds]);
  }
  return durations;
}

/** What stands between separators that are not quoted. */
function parts(text: string, separator: "," | ";"): string[] {
  const pattern = separator === "," ? /(?:[^",]|"(?:\\.|[^"\\])*"?)+/g : /(?:[^";]|"(?:\\.|[^"\\])*"?)+/g;
  return (text.match(pattern) ?? []).map((part) => part.trim());
}

function isToken(name: string): boolean {
  return /^[!#$%&'*+.^_`|~\w-]+$/.test(name);
}
