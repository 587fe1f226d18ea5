import { randomUUID } from "node:crypto";
import { open, readFile, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

import { FileError } from "./errors.js";

/**
 * Replaces a file so that at any moment, even after a crash or a power cut, a reader sees either the old content
 * whole or the new content whole.
 *
 * The data goes to a temporary file in the same folder, is flushed to the disk and renamed over the old file; then
 * the folder is flushed, where the system can do that. On failure the temporary file is removed and the old file is
 * as it was.
 *
 * @param options.mode - Who may read and write it. Default: as the system gives it to new files.
 * @throws {@link FileError} that names `path` and what the system said.
 */
export async function writeFileAtomic(
  path: string,
  data: string | Uint8Array,
  { mode }: { readonly mode?: number } = {},
): Promise<void> {
  // A name of its own and not `<name>.tmp`: two writers must not share one, and a long name must not become too long.
  const temporary = join(dirname(path), `.${basename(path).slice(0, 40)}.${randomUUID().slice(0, 8)}.tmp`);
  try {
    const file = await open(temporary, "wx", mode);
    try {
      await file.writeFile(data);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw new FileError(path, `could not be written (${systemReason(error)})`, undefined, { cause: error });
  }
  await syncFolder(dirname(path));
}

/**
 * Reads a JSON file. What it returns is unknown until its reader has checked it.
 *
 * @throws {@link FileError} when the file cannot be read or is not JSON.
 */
export async function readJson(path: string): Promise<unknown> {
  return parseJson(path, await readText(path));
}

/** Reads a text file. @throws {@link FileError} when it cannot be read; its cause is the system's error. */
export async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new FileError(path, `could not be read (${systemReason(error)})`, undefined, { cause: error });
  }
}

/** The value of a JSON text that was read from `path`. @throws {@link FileError} when it is not JSON. */
export function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new FileError(path, `is not valid JSON (${reason})`, undefined, { cause: error });
  }
}

/** What the operating system said, in a few words: `"no such file or folder"` for `ENOENT`. */
export function systemReason(error: unknown): string {
  const code = errorCode(error);
  const known = code === undefined ? undefined : systemReasons[code];
  return known ?? (error instanceof Error ? error.message : String(error));
}

/** The code of a system error, such as `"ENOENT"`. */
export function errorCode(error: unknown): string | undefined {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : undefined;
}

const systemReasons: Readonly<Record<string, string>> = {
  ENOENT: "no such file or folder",
  EACCES: "permission denied",
  EPERM: "permission denied",
  EISDIR: "it is a folder",
  ENOTDIR: "a part of the path is not a folder",
  ENOSPC: "the disk is full",
  EROFS: "the file system is read-only",
  ELOOP: "symbolic links go in a circle",
  ENAMETOOLONG: "the name is too long",
  EMFILE: "too many open files",
};

/** Makes a rename in this folder last. Windows cannot open folders; there the rename itself has to do. */
async function syncFolder(folder: string): Promise<void> {
  let handle;
  try {
    handle = await open(folder, "r");
    await handle.sync();
  } catch {
    // The content is in place already; some systems refuse to flush folders, which loses no data but at most the rename.
  } finally {
    await handle?.close();
  }
}
