import { unzipSync, zipSync } from "fflate";

import { FileError } from "../errors.js";

/** Reads single entries of a zip file held in memory; nothing is ever written to a path that an entry names. */
export class ZipArchive {
  readonly #path: string;
  readonly #bytes: Uint8Array;
  /** Uncompressed size of each file by its name. */
  readonly sizes: ReadonlyMap<string, number>;

  /**
   * @throws {@link FileError} when this is not a whole zip file, or an entry's name leads out of the archive: such
   *   a file was made to do harm, or by a broken tool.
   */
  constructor(path: string, bytes: Uint8Array) {
    this.#path = path;
    this.#bytes = bytes;
    const sizes = new Map<string, number>();
    this.#unzip(({ name, originalSize }) => {
      if (leadsOutside(name)) {
        throw new FileError(path, `its entry ${JSON.stringify(name)} leads out of the archive`);
      }
      if (!name.endsWith("/")) sizes.set(name, originalSize);
      return false;
    });
    this.sizes = sizes;
  }

  /** Unpacks one file; `undefined` when there is none of this name. */
  read(name: string): Uint8Array | undefined {
    return this.#unzip((entry) => entry.name === name)[name];
  }

  #unzip(filter: (entry: { name: string; originalSize: number }) => boolean): Record<string, Uint8Array> {
    try {
      return unzipSync(this.#bytes, { filter });
    } catch (error) {
      if (error instanceof FileError) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      throw new FileError(this.#path, `is not a whole zip file (${reason})`, undefined, { cause: error });
    }
  }
}

/** A zip file of some files, stored as they are: weights do not compress. */
export function zipFiles(files: ReadonlyMap<string, Uint8Array>): Uint8Array {
  // A fixed time (zip knows none before 1980): the same files give the same bytes.
  return zipSync(Object.fromEntries(files), { level: 0, mtime: new Date(1980, 0, 1) });
}

function leadsOutside(name: string): boolean {
  return /^(?:[/\\]|[A-Za-z]:)/u.test(name) || name.split(/[/\\]/u).includes("..");
}
