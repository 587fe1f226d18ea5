import { stat } from "node:fs/promises";
import { join } from "node:path";

import { FileError } from "../errors.js";
import { systemReason } from "../files.js";
import { findImages } from "../images/index.js";

/** Image files as they were named, and those in the folders that were named, in the order of their names. */
export async function imageFiles(where: string, paths: readonly string[]): Promise<string[]> {
  const files: string[] = [];
  for (const path of paths) {
    if (await isFolder(path)) files.push(...(await findImages(where, path)).map((name) => join(path, name)));
    else files.push(path);
  }
  return files;
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    throw new FileError(path, `could not be read (${systemReason(error)})`, undefined, { cause: error });
  }
}
