import { readdir, realpath, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

import { runCommand } from "../../commands.js";
import { EnvironmentError } from "../../errors.js";
import { servingPackages } from "./packages.js";
import type { TarEntry } from "./tar-stream.js";

/** What the image runs on: this machine's Node with the system's libraries, this package, and the packages it needs. */
export interface RuntimeFiles {
  readonly entries: readonly TarEntry[];
  /** Path of the command line in the image. */
  readonly main: string;
  /** Path of the program that a container before the servers runs, `relay-process.ts`. */
  readonly relay: string;
}

export const nodePath = "/usr/bin/node";
/** Where a container may keep what is to outlive it: a volume takes this folder's mode from the image. */
export const dataPath = "/data";

/** @throws {@link EnvironmentError} where this machine's Node could not run in a Linux container. */
export async function runtimeFiles(): Promise<RuntimeFiles> {
  if (process.platform !== "linux") {
    throw new EnvironmentError(
      "The image is made of this machine's own Node, so it can be built on Linux only: build it there, or in WSL.",
    );
  }
  const packageRoot = fileURLToPath(new URL("../../../../", import.meta.url)).replace(/\/$/u, "");
  const packages = await servingPackages(packageRoot);
  // Everything keeps its place relative to the others, so that packages find each other as they do here.
  const top = packages.map(topOf).reduce((a, b) => (b.length < a.length ? b : a), packageRoot);
  const inImage = (path: string): string => `app/${relative(top, path).split(sep).join("/")}`;

  const compiled = join(packageRoot, "dist", "src");
  const own = [join(packageRoot, "package.json"), ...(await filesBelow(compiled))];
  const others = (await Promise.all(packages.map(filesBelow))).flat();
  const node = await realpath(process.execPath);
  const libraries = await systemLibraries([
    node,
    ...others.filter((path) => /\.(?:node|so(?:\.\d+)*)$/u.test(path)),
  ]);
  const files: [source: string, path: string, mode: number][] = [
    [node, nodePath.slice(1), 0o755],
    ...libraries.map((path): [string, string, number] => [path, path.slice(1), 0o755]),
    ...[...own, ...others].map((path): [string, string, number] => [path, inImage(path), 0o644]),
  ];
  const entries = await Promise.all(
    files.map(async ([source, path, mode]) => ({
      path,
      mode,
      size: (await stat(source)).size,
      content: source,
    })),
  );
  return {
    entries: [
      ...entries.sort((a, b) => (a.path < b.path ? -1 : 1)),
      ...["tmp/", `${dataPath.slice(1)}/`].map((path) => ({
        path,
        mode: 0o1777,
        size: 0,
        content: new Uint8Array(),
      })),
    ],
    main: `/${inImage(join(compiled, "cli", "main.js"))}`,
    relay: `/${inImage(join(compiled, "deployment", "docker", "relay-process.js"))}`,
  };
}

/** The folder that holds the outermost `node_modules` of a path. */
function topOf(path: string): string {
  return path.slice(0, path.indexOf(`${sep}node_modules${sep}`));
}

const unneeded = /(?:\.map|\.d\.[cm]?ts|\.[cm]?ts|\.md|\.markdown)$/u;
const unneededFolders = new Set([
  ".github",
  "benchmark",
  "benchmarks",
  "docs",
  "example",
  "examples",
  "test",
  "tests",
]);
const platforms = new Set(["darwin", "linux", "win32"]);
const architectures = new Set(["arm64", "x64"]);

/** The files of a folder that are needed at run time, on this platform. */
async function filesBelow(folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      const isNested = entry.name === "node_modules";
      const isForeign =
        (platforms.has(entry.name) && entry.name !== process.platform) ||
        (architectures.has(entry.name) && entry.name !== process.arch);
      if (!isNested && !isForeign && !unneededFolders.has(entry.name))
        found.push(...(await filesBelow(path)));
    } else if (!unneeded.test(entry.name)) found.push(path);
  }
  return found;
}

/** The system's libraries that programs and libraries are linked with, as the loader finds them. */
async function systemLibraries(programs: readonly string[]): Promise<string[]> {
  const found = new Set<string>();
  for (const program of programs) {
    const output = await runCommand("Finding libraries", "ldd", [program]);
    for (const [, path] of output.matchAll(/(?:=> |^\s*)(\/\S+) \(0x/gmu)) found.add(path!);
  }
  return [...found].filter((path) => !path.includes("/node_modules/"));
}
