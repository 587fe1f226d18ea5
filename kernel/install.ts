import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { URL, fileURLToPath } from "node:url";

import { jupyterDataFolder, removeEmptyFolders } from "./jupyter-folder.js";
import { logoPng, logoSvg } from "./logo.js";
import { defaultHistoryFile } from "./session/history.js";

/** The kernelspec's name; notebooks refer to it. */
export const KERNEL_NAME = "sightbook";

/** The kernelspec's name for people, in menus. */
export const DISPLAY_NAME = "TypeScript (Sightbook)";

export interface InstallOptions {
  /** Installs below `<prefix>/share/jupyter`, such as a Python environment's folder; without it, for the current user. */
  readonly prefix?: string;
  /** Environment variables that the kernel gets, such as `SIGHTBOOK_ENGINE`. */
  readonly env?: Readonly<Record<string, string>>;
  /** The Node.js program that runs the kernel; by default the one that runs now. */
  readonly node?: string;
  /** Kernelspec name and display name, for a second kernel beside the first. */
  readonly name?: string;
  readonly displayName?: string;
}

/** A kernelspec that is installed. */
export interface InstalledKernelspec {
  readonly folder: string;
  readonly displayName: string;
  readonly argv: readonly string[];
}

/** What the file `kernel.json` says. */
export function kernelspec(options: InstallOptions = {}): object {
  const main = fileURLToPath(new URL("./main.js", import.meta.url));
  return {
    argv: [...launcher(options.node ?? process.execPath), main, "{connection_file}"],
    display_name: options.displayName ?? DISPLAY_NAME,
    language: "typescript",
    interrupt_mode: "message",
    env: options.env ?? {},
    metadata: { debugger: false },
  };
}

/** Starts the program `node`, or the one on the path once that is gone, as when a version manager moved on. */
function launcher(node: string): string[] {
  if (process.platform === "win32") return [node];
  return ["/bin/sh", "-c", '[ -x "$0" ] || exec node "$@"; exec "$0" "$@"', node];
}

/**
 * Installs the kernel for Jupyter; no Python is needed for it. An earlier kernelspec of the same name is replaced as a whole.
 *
 * @returns The kernelspec's folder.
 * @throws Error when the name is none for a kernelspec, or taken by another package's kernel.
 */
export function installKernelspec(options: InstallOptions = {}): string {
  const folder = folderOf("installKernelspec", options);
  const fresh = `${folder}.${process.pid}.new`;
  mkdirSync(fresh, { recursive: true });
  writeFileSync(join(fresh, "kernel.json"), `${JSON.stringify(kernelspec(options), undefined, 2)}\n`);
  writeFileSync(join(fresh, "logo-svg.svg"), logoSvg());
  writeFileSync(join(fresh, "logo-32x32.png"), logoPng(32));
  writeFileSync(join(fresh, "logo-64x64.png"), logoPng(64));
  rmSync(folder, { recursive: true, force: true });
  renameSync(fresh, folder);
  return folder;
}

/** The folder of a kernelspec that is ours or not there yet. */
function folderOf(
  who: string,
  { prefix, name = KERNEL_NAME }: Pick<InstallOptions, "prefix" | "name">,
): string {
  if (!/^(?!\.+$)[\w.-]+$/.test(name)) {
    throw new Error(`${who}: name must be letters, digits, "_", "-" and ".", got ${JSON.stringify(name)}.`);
  }
  const folder = join(jupyterDataFolder(prefix), "kernels", name);
  if (existsSync(folder) && readSpec(join(folder, "kernel.json")) === undefined) {
    throw new Error(`${who}: ${folder} is another package's kernel. Choose another name.`);
  }
  return folder;
}

/** The kernelspecs of this package: those that run a `main.js` of Sightbook. */
export function listKernelspecs(options: { readonly prefix?: string } = {}): InstalledKernelspec[] {
  const kernels = join(jupyterDataFolder(options.prefix), "kernels");
  if (!existsSync(kernels)) return [];
  return readdirSync(kernels, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap((entry) => {
      const folder = join(kernels, entry.name);
      const spec = readSpec(join(folder, "kernel.json"));
      return spec === undefined ? [] : [{ folder, ...spec }];
    });
}

export interface RemoveOptions extends Pick<InstallOptions, "prefix" | "name"> {
  /** Keeps the user's history of cells, which goes with the user's last kernelspec otherwise. Default `false`. */
  readonly keepHistory?: boolean;
}

/**
 * Removes the kernel from Jupyter, all of it.
 *
 * @returns The removed folder, or `undefined` when there was none.
 * @throws Error when the name is that of another package's kernel.
 */
export function removeKernelspec({ keepHistory = false, ...options }: RemoveOptions = {}):
  string | undefined {
  const folder = folderOf("removeKernelspec", options);
  if (!existsSync(folder)) return undefined;
  rmSync(folder, { recursive: true });
  const last = options.prefix === undefined && listKernelspecs().length === 0;
  if (last && !keepHistory) rmSync(defaultHistoryFile(), { force: true });
  removeEmptyFolders(dirname(folder), options.prefix);
  return folder;
}

function readSpec(path: string): Omit<InstalledKernelspec, "folder"> | undefined {
  try {
    const spec = JSON.parse(readFileSync(path, "utf8")) as { argv?: unknown; display_name?: unknown };
    if (!Array.isArray(spec.argv) || typeof spec.display_name !== "string") return undefined;
    const argv = spec.argv.map(String);
    const ours = argv.some((word) => /[\\/]kernel[\\/]main\.js$/.test(word));
    return ours ? { displayName: spec.display_name, argv } : undefined;
  } catch {
    return undefined;
  }
}
