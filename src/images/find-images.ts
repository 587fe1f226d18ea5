import { readdir } from "node:fs/promises";
import { extname } from "node:path";

import { ArgumentError, FileError } from "../errors.js";
import { systemReason } from "../files.js";
import { imageExtensions } from "./formats.js";

/**
 * The files in a folder, at any depth, whose names say that they are images; relative to it, in the order of their names.
 *
 * @throws {@link ArgumentError} when there are none; {@link FileError} when the folder cannot be read.
 */
export async function findImages(where: string, folder: string): Promise<string[]> {
  let names: string[];
  try {
    names = await readdir(folder, { recursive: true });
  } catch (error) {
    throw new FileError(folder, `could not be read (${systemReason(error)})`, undefined, { cause: error });
  }
  const images = names.filter((name) => imageExtensions.has(extname(name).slice(1).toLowerCase())).sort();
  if (images.length === 0) throw new ArgumentError(where, "images", "a folder with image files", folder);
  return images;
}
