import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { URL, fileURLToPath } from "node:url";

import { jupyterDataFolder } from "./jupyter-folder.js";
import { logoPng, logoSvg } from "./logo.js";

/** The kernelspec's name; notebooks refer to it. */
export const KERNEL_NAME = "sightbook";

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
    display_name: options.displayName ?? "TypeScript (Sightbook)",
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
 */
export function installKernelspec(options: InstallOptions = {}): string {
  const kernels = join(jupyterDataFolder(options.prefix), "kernels");
  const folder = join(kernels, options.name ?? KERNEL_NAME);
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

/**
 * Removes the kernel from Jupyter, all of it.
 *
 * @returns The removed folder, or `undefined` when there was none.
 */
export function removeKernelspec(options: Pick<InstallOptions, "prefix" | "name"> = {}): string | undefined {
  const folder = join(jupyterDataFolder(options.prefix), "kernels", options.name ?? KERNEL_NAME);
  if (!existsSync(folder)) return undefined;
  rmSync(folder, { recursive: true });
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
