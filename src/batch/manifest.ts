import { open, stat } from "node:fs/promises";
import { dirname, normalize, resolve, sep } from "node:path";

import { ArgumentError, FileError } from "../errors.js";
import { readText, systemReason } from "../files.js";
import { findImages } from "../images/index.js";

/** The images of a run: one path a line, as they will be named in the results. */
export interface ImageList {
  /** Absolute; relative paths are meant from here. */
  readonly root: string;
  readonly paths: readonly string[];
  /** The folder that holds all images: the root, unless a path leads out of it. */
  readonly folder: string;
  /** How many times a path came that had come before; it is not processed again. */
  readonly repeated: number;
}

/** Where a shard's lines lie in the manifest. */
export interface ShardRange {
  /** In bytes from the manifest's begin. */
  readonly offset: number;
  readonly bytes: number;
  readonly images: number;
}

/**
 * Lists images.
 *
 * @param images - A folder, all of whose images are meant; a text file with a path on each line, relative ones from the
 *   file's own folder; or paths.
 */
export async function listImages(images: string | readonly string[]): Promise<ImageList> {
  if (typeof images !== "string") return distinct(process.cwd(), images);
  if (await isFolder(images)) return distinct(resolve(images), await findImages("batch", images));
  const lines = (await readText(images)).replace(/^\uFEFF/, "").split(/\r?\n/);
  return distinct(
    dirname(resolve(images)),
    lines.filter((line) => line.trim() !== ""),
  );
}

function distinct(root: string, paths: readonly string[]): ImageList {
  if (paths.length === 0) throw new ArgumentError("batch", "images", "at least one image", paths);
  const bad = paths.find((path) => /[\r\n]/.test(path));
  if (bad !== undefined) throw new ArgumentError("batch", "images", "paths without line breaks", bad);
  // `a.jpg` and `./a.jpg` are one image.
  const unique = [...new Set(paths.map((path) => normalize(path)))];
  return { root, paths: unique, folder: folderOf(root, unique), repeated: paths.length - unique.length };
}

function folderOf(root: string, paths: readonly string[]): string {
  const files = paths.map((path) => resolve(root, path));
  const isInside = (folder: string, file: string): boolean =>
    file.startsWith(folder.endsWith(sep) ? folder : folder + sep);
  if (files.every((file) => isInside(root, file))) return root;
  let folder = dirname(files[0]!);
  for (const file of files) {
    while (!isInside(folder, file)) {
      const above = dirname(folder);
      if (above === folder)
        throw new ArgumentError("batch", "images", `on one drive with ${files[0]!}`, file);
      folder = above;
    }
  }
  return folder;
}

/** The manifest's text, and where each shard's lines are in it. */
export function layOut(
  paths: readonly string[],
  shardSize: number,
): { readonly text: string; readonly shards: ShardRange[] } {
  const shards: ShardRange[] = [];
  const texts: string[] = [];
  let offset = 0;
  for (let first = 0; first < paths.length; first += shardSize) {
    const own = paths.slice(first, first + shardSize);
    const text = own.map((path) => `${path}\n`).join("");
    const bytes = Buffer.byteLength(text);
    shards.push({ offset, bytes, images: own.length });
    texts.push(text);
    offset += bytes;
  }
  return { text: texts.join(""), shards };
}

/** The paths of one shard; the rest of the manifest, which may be large, is not read. */
export async function readShardPaths(
  manifest: string,
  { offset, bytes, images }: ShardRange,
): Promise<string[]> {
  const file = await open(manifest, "r").catch((error: unknown) => {
    throw new FileError(manifest, `could not be read (${systemReason(error)})`, undefined, { cause: error });
  });
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, offset);
    const paths = buffer.toString("utf8", 0, bytesRead).split("\n").slice(0, -1);
    if (bytesRead === bytes && paths.length === images) return paths;
  } finally {
    await file.close();
  }
  throw new FileError(manifest, "is not the manifest that the run was made with", "Begin a new run.");
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    throw new FileError(path, `could not be read (${systemReason(error)})`, undefined, { cause: error });
  }
}
