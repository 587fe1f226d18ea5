import { homedir } from "node:os";
import { join, resolve } from "node:path";

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

/**
 * The user's folder for things that must not go away: deployments.
 *
 * `SIGHTBOOK_DATA` names the folder; else it is `sightbook` under the platform's own folder: `XDG_DATA_HOME` or
 * `~/.local/share` (Linux and others), `~/Library/Application Support` (macOS), `%LOCALAPPDATA%` with `Data` below it
 * (Windows). The environment is read at each call. Nothing is created.
 */
export function dataFolder(...parts: string[]): string {
  const chosen = process.env["SIGHTBOOK_DATA"];
  return chosen ? join(resolve(chosen), ...parts) : join(platformData(), ...parts);
}

function platformData(): string {
  switch (process.platform) {
    case "darwin":
      return join(homedir(), "Library", "Application Support", "sightbook");
    case "win32":
      return join(process.env["LOCALAPPDATA"] || join(homedir(), "AppData", "Local"), "sightbook", "Data");
    default:
      return join(process.env["XDG_DATA_HOME"] || join(homedir(), ".local", "share"), "sightbook");
  }
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
