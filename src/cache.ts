import { homedir } from "node:os";
import { join } from "node:path";

/**
 * The user's cache for things that can be fetched or built again: pretrained weights, the compiled engine.
 *
 * `SIGHTBOOK_CACHE` names the folder; else it is `sightbook` under the platform's own cache folder:
 * `XDG_CACHE_HOME` or `~/.cache` (Linux and others), `~/Library/Caches` (macOS), `%LOCALAPPDATA%` (Windows).
 * The environment is read at each call. Nothing is created.
 *
 * @param parts - Path below the cache, such as `"weights"`.
 */
export function cacheFolder(...parts: string[]): string {
  const chosen = process.env["SIGHTBOOK_CACHE"];
  return chosen ? join(chosen, ...parts) : join(platformCache(), "sightbook", ...parts);
}

function platformCache(): string {
  switch (process.platform) {
    case "darwin":
      return join(homedir(), "Library", "Caches");
    case "win32":
      return process.env["LOCALAPPDATA"] || join(homedir(), "AppData", "Local");
    default:
      return process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache");
  }
}
