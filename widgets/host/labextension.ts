import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { jupyterDataFolder } from "../../kernel/index.js";

const name = "sightbook";
const built = fileURLToPath(new URL("../labextension", import.meta.url));

export interface LabextensionOptions {
  /** Installs below `<prefix>/share/jupyter`, such as a Python environment's folder; without it, for the current user. */
  readonly prefix?: string;
}

/** An installed extension: where, and of which version. */
export interface InstalledLabextension {
  readonly folder: string;
  readonly version: string;
}

/**
 * Installs the widgets and the Plotly renderer for JupyterLab 4 and Notebook 7; a server that runs shows them after the page
 * is reloaded. An earlier version is replaced as a whole, and an equal one left alone.
 *
 * @returns The extension's folder.
 */
export function installLabextension({ prefix }: LabextensionOptions = {}): string {
  const folder = folderOf(prefix);
  const manifest = "package.json"; // names the entry file by its content's hash
  if (existsSync(join(folder, manifest))) {
    if (readFileSync(join(folder, manifest)).equals(readFileSync(join(built, manifest)))) return folder;
  }
  const fresh = `${folder}.${process.pid}.new`;
  mkdirSync(dirname(folder), { recursive: true });
  cpSync(built, fresh, { recursive: true });
  rmSync(folder, { recursive: true, force: true });
  renameSync(fresh, folder);
  return folder;
}

/** The extension that is installed, if one is. */
export function installedLabextension({ prefix }: LabextensionOptions = {}):
  InstalledLabextension | undefined {
  const folder = folderOf(prefix);
  const manifest = join(folder, "package.json");
  if (!existsSync(manifest)) return undefined;
  const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { version: string };
  return { folder, version };
}

/**
 * Removes the extension, all of it.
 *
 * @returns The removed folder, or `undefined` when there was none.
 */
export function removeLabextension({ prefix }: LabextensionOptions = {}): string | undefined {
  const folder = folderOf(prefix);
  if (!existsSync(folder)) return undefined;
  rmSync(folder, { recursive: true });
  return folder;
}

function folderOf(prefix: string | undefined): string {
  return join(jupyterDataFolder(prefix), "labextensions", name);
}
