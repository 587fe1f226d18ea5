import { readFileSync } from "node:fs";

let version: string | undefined;

/** Version of this package, such as `"0.1.0"`. */
export function sightbookVersion(): string {
  version ??= (
    JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as { version: string }
  ).version;
  return version;
}
