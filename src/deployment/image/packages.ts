import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

import { EnvironmentError } from "../../errors.js";
import { readJson } from "../../files.js";

interface PackageJson {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** What notebooks, training and deploying need, and scoring does not. */
const leftOut = new Set([
  "@kubernetes/client-node",
  "@tensorflow/tfjs-backend-wasm",
  "@tensorflow/tfjs-backend-webgpu",
  "@tensorflow/tfjs-core",
  "@types/node",
  "dockerode",
  "tslab",
  "typescript",
  "vega",
  "vega-lite",
  "webgpu",
  "zeromq",
]);

/**
 * Folders of all packages that a scoring server can need, found as Node finds them.
 *
 * @param root - Folder of this package.
 */
export async function servingPackages(root: string): Promise<string[]> {
  const folders = new Set<string>();
  const add = async (folder: string, skip: ReadonlySet<string>): Promise<void> => {
    const { dependencies = {}, optionalDependencies = {} } = (await readJson(
      join(folder, "package.json"),
    )) as PackageJson;
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
      if (skip.has(name)) continue;
      const found = findPackage(name, folder);
      if (found === undefined) {
        // Optional ones are there for this platform alone.
        if (name in optionalDependencies) continue;
        throw new EnvironmentError(`The package ${name} is not installed; run npm install again.`);
      }
      if (folders.has(found)) continue;
      folders.add(found);
      await add(found, new Set());
    }
  };
  await add(root, leftOut);
  return [...folders].sort();
}

function findPackage(name: string, from: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const candidate = join(folder, "node_modules", name);
    if (existsSync(join(candidate, "package.json"))) return candidate;
    if (folder === dirname(folder)) return undefined;
  }
}
