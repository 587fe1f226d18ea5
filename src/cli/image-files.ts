import { readdir, stat } from "node:fs/promises";
import { extname, join } from "node:path";

import { ArgumentError, FileError } from "../errors.js";
import { systemReason } from "../files.js";
import { imageExtensions } from "../images/index.js";

/** Image files as they were named, and those in the folders that were named, in the order of their names. */
export async function imageFiles(paths: readonly string[]): Promise<string[]> {
  const files: string[] = [];
  for (const path of paths) {
    if (await isFolder(path)) files.push(...(await imagesInFolder(path)));
    else files.push(path);
  }
  return files;
}

async function imagesInFolder(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true });
  const images = names.filter((name) => imageExtensions.has(extname(name).slice(1).toLowerCase())).sort();
  if (images.length === 0) {
    const endings = [...imageExtensions].map((extension) => `.${extension}`).join(" ");
    throw new ArgumentError("image files", "folder", `one with image files (${endings}) in it`, folder);
  }
  return images.map((name) => join(folder, name));
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    throw new FileError(path, `could not be read (${systemReason(error)})`, undefined, { cause: error });
  }
}
