import { randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";

import { FileError } from "../errors.js";
import { errorCode, systemReason, writeFileAtomic } from "../files.js";
import { ZipArchive, zipFiles } from "./archive.js";
import {
  formatManifest,
  parseManifest,
  saveAgain,
  sha256,
  type BundleDescription,
  type BundleFile,
  type BundleManifest,
} from "./manifest.js";

const manifestName = "model.json";

/** A bundle whose every byte was checked. */
export interface Bundle {
  readonly manifest: BundleManifest;
  /** Content by file name, such as `"model.onnx"`. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/**
 * Writes a model bundle: `model.json` and the files beside it, in a folder, or in one file when `path` ends in
 * `.zip`. Data only, nothing executable.
 *
 * The bundle is written beside its place and renamed into it, so that a crash leaves the old one or the new one.
 * A bundle that is there already is replaced; any other folder that is not empty is refused.
 *
 * @throws {@link FileError} that names the path and what the system said.
 */
export async function writeBundle(
  path: string,
  description: BundleDescription,
  files: ReadonlyMap<string, Uint8Array>,
): Promise<void> {
  const listed: Record<string, BundleFile> = {};
  for (const [name, data] of files) listed[name] = { size: data.length, sha256: sha256(data) };
  const all = new Map<string, Uint8Array>([
    [manifestName, new TextEncoder().encode(formatManifest(description, listed))],
    ...files,
  ]);
  const place = resolve(path);
  try {
    await mkdir(dirname(place), { recursive: true });
    if (isZip(path)) await writeFileAtomic(place, zipFiles(all));
    else await writeFolder(place, all);
  } catch (error) {
    if (error instanceof FileError) throw error;
    throw new FileError(path, `could not be written (${systemReason(error)})`, undefined, { cause: error });
  }
}

/**
 * Reads a bundle from a folder or a `.zip` file and checks the size and SHA-256 of every file it lists. Other files
 * in the folder are left alone and never read.
 *
 * @throws {@link FileError} that names the file and what differed.
 */
export async function readBundle(path: string): Promise<Bundle> {
  const source = await openSource(path);
  const text = await source.read(manifestName);
  if (text === undefined) {
    throw new FileError(path, `holds no ${manifestName}`, "A bundle is what a classifier's save() wrote.");
  }
  const manifest = parseManifest(join(path, manifestName), new TextDecoder().decode(text));
  const files = new Map<string, Uint8Array>();
  for (const [name, expected] of Object.entries(manifest.files)) {
    const data = await source.read(name);
    if (data === undefined) throw new FileError(join(path, name), "is missing from the bundle", saveAgain);
    verify(join(path, name), data, expected);
    files.set(name, data);
  }
  return { manifest, files };
}

function verify(path: string, data: Uint8Array, expected: BundleFile): void {
  if (data.length !== expected.size) {
    throw new FileError(path, `has ${data.length} bytes, ${manifestName} says ${expected.size}`, saveAgain);
  }
  const actual = sha256(data);
  if (actual !== expected.sha256) {
    throw new FileError(path, `its SHA-256 is ${actual}, ${manifestName} says ${expected.sha256}`, saveAgain);
  }
}

interface Source {
  read(name: string): Promise<Uint8Array | undefined>;
}

async function openSource(path: string): Promise<Source> {
  let isFolder: boolean;
  try {
    isFolder = (await stat(path)).isDirectory();
  } catch (error) {
    throw new FileError(path, `no bundle can be read here (${systemReason(error)})`, undefined, {
      cause: error,
    });
  }
  if (isFolder) return { read: (name) => readIfPresent(join(path, name)) };
  const archive = new ZipArchive(path, await readFile(path));
  // People zip the folder as well as its content.
  const found = [...archive.sizes.keys()].filter((name) => /^(?:[^/]+\/)?model\.json$/u.test(name));
  const prefix = found.length === 1 ? found[0]!.slice(0, -manifestName.length) : "";
  return { read: (name) => Promise.resolve(archive.read(prefix + name)) };
}

async function readIfPresent(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw new FileError(path, `could not be read (${systemReason(error)})`, undefined, { cause: error });
  }
}

async function writeFolder(place: string, files: ReadonlyMap<string, Uint8Array>): Promise<void> {
  await refuseForeignFolder(place);
  const unique = randomUUID().slice(0, 8);
  const beside = (what: string): string => join(dirname(place), `.${basename(place)}.${unique}.${what}`);
  const fresh = beside("tmp");
  const replaced = beside("old");
  try {
    await mkdir(fresh);
    for (const [name, data] of files) await writeFileAtomic(join(fresh, name), data);
    // A folder that is not empty cannot be renamed over; between these two renames the old bundle is in `replaced`.
    const had = await renameIfPresent(place, replaced);
    try {
      await rename(fresh, place);
    } catch (error) {
      if (had) await rename(replaced, place);
      throw error;
    }
    await rm(replaced, { recursive: true, force: true });
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    throw error;
  }
}

async function renameIfPresent(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (errorCode(error) === "ENOENT") return false;
    throw error;
  }
}

/** A folder of the user's that is no bundle must not be replaced by one. */
async function refuseForeignFolder(place: string): Promise<void> {
  let names: string[];
  try {
    names = await readdir(place);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return;
    throw error;
  }
  if (names.length > 0 && !names.includes(manifestName)) {
    throw new FileError(place, "is a folder with other files in it, not a bundle", "Name a new folder.");
  }
}

function isZip(path: string): boolean {
  return path.toLowerCase().endsWith(".zip");
}
