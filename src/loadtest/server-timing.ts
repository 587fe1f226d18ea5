/** What a scoring server spends its time on, in the order an image takes; charts show these parts over time. */
export const serverParts = ["queue", "decode", "inference"] as const;

export type ServerPart = (typeof serverParts)[number];

/**
 * The durations of a `Server-Timing` header, in milliseconds by name.
 *
 * @see W3C, Server Timing (2023), section 3.
 */
export function readServerTiming(header: string): [name: string, milliseconds: number][] {
  const durations: [string, number][] = [];
  for (const metric of header.split(",")) {
    const [name = "", ...parameters] = metric.split(";").map((part) => part.trim());
    const duration = parameters.find((parameter) => /^dur\s*=/i.test(parameter));
    const milliseconds = Number(duration?.split("=")[1]?.trim().replaceAll('"', ""));
    if (name !== "" && duration !== undefined && milliseconds >= 0) durations.push([name, milliseconds]);
  }
  return durations;
}
