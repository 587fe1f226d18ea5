import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";

import { cacheFolder } from "../../src/cache.js";
import { repositoryRoot } from "../support.js";
import { python } from "./python.js";

/** The version of Deno that ours is compared with; `test/bench/kernel-start.ts` fetches it. */
export const denoVersion = "2.9.6";

/** The commands of the kernels that ours is compared with; `undefined` for those that are not there. */
export function kernelCommands() {
  const tslab = join(repositoryRoot, "node_modules", "tslab", "bin", "tslab");
  const deno = denoProgram();
  const hasIpykernel = existsSync(python) && spawnSync(python, ["-c", "import ipykernel"]).status === 0;
  return {
    Sightbook: [process.execPath, join(repositoryRoot, "dist", "kernel", "main.js"), "{connection_file}"],
    tslab: existsSync(tslab)
      ? [process.execPath, tslab, "kernel", "--config-path={connection_file}"]
      : undefined,
    Deno: deno === undefined ? undefined : [deno, "jupyter", "--kernel", "--conn", "{connection_file}"],
    ipykernel: hasIpykernel ? [python, "-m", "ipykernel_launcher", "-f", "{connection_file}"] : undefined,
  } satisfies Record<string, readonly string[] | undefined>;
}

/** Where npm puts Deno. */
export function denoFolder(): string {
  return cacheFolder("deno", denoVersion);
}

/** Deno's own program, without the script that npm starts it by. */
function denoProgram(): string | undefined {
  const platforms = join(denoFolder(), "node_modules", "@deno");
  if (!existsSync(platforms)) return undefined;
  const name = process.platform === "win32" ? "deno.exe" : "deno";
  return readdirSync(platforms)
    .map((platform) => join(platforms, platform, name))
    .find((path) => existsSync(path));
}
