import { rmdirSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";

/** The folder of Jupyter's data files: below a prefix, or the user's own as `jupyter --data-dir` gives it. */
export function jupyterDataFolder(prefix?: string): string {
  if (prefix !== undefined) return join(resolve(prefix), "share", "jupyter");
  const { env, platform } = process;
  if (env["JUPYTER_DATA_DIR"]) return env["JUPYTER_DATA_DIR"];
  if (platform === "win32") return join(env["APPDATA"] || join(homedir(), "AppData", "Roaming"), "jupyter");
  if (platform === "darwin") return join(homedir(), "Library", "Jupyter");
  return join(env["XDG_DATA_HOME"] || join(homedir(), ".local", "share"), "jupyter");
}

/** Removes a folder of Jupyter's data folder and those above it, up to the prefix, as far as they are empty. */
export function removeEmptyFolders(folder: string, prefix?: string): void {
  const data = jupyterDataFolder(prefix);
  const top = prefix === undefined ? dirname(data) : resolve(prefix);
  for (let each = folder; each !== top && each !== dirname(each); each = dirname(each)) {
    try {
      rmdirSync(each);
    } catch {
      return; // Something else is in it.
    }
  }
}
