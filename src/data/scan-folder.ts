import type { Dirent } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import { join } from "node:path";

import { FileError } from "../errors.js";
import { errorCode, systemReason } from "../files.js";
import { imageExtensions } from "../images/index.js";
import { compareCodePoints, sortByCodePoints } from "./code-points.js";
import { throwIfCancelled } from "./in-parallel.js";
import type { DatasetProblem } from "./problems.js";

/** A file that is, by its name, or may be, lacking an extension, an image. */
export interface FoundFile {
  /** Path below the root, `/` between parts on every platform, in Unicode's composed form (NFC). */
  readonly id: string;
  readonly path: string;
  /** The label's folder, NFC; `undefined` for a file that lies directly in the root. */
  readonly label: string | undefined;
  /** The name has no extension: only its bytes can tell. */
  readonly mayBeOther: boolean;
}

export interface FolderScan {
  /** In order of `id` by code points. */
  readonly files: readonly FoundFile[];
  /** Names of the folders in the root, NFC, in order of code points. */
  readonly labelFolders: readonly string[];
  /** Files that are no images by their names, such as notes and tables; hidden files are not counted. */
  readonly ignoredFiles: number;
  readonly problems: readonly DatasetProblem[];
}

/**
 * Finds the files of root/label/.../image without opening any.
 *
 * Left aside: names with a leading dot and what systems leave behind (see {@link isHidden}). Symbolic links are
 * followed; each real folder is visited once, at its own place before any place that links to it, so links in a
 * circle end.
 *
 * @throws {@link FileError} when the root is absent or is no folder.
 */
export async function scanFolder(root: string, signal?: AbortSignal): Promise<FolderScan> {
  await checkRoot(root);
  const scan = new Scan();
  await scan.run(root, signal);
  const files = sortByCodePoints(withoutCollisions(scan.files), ({ id }) => id);
  return {
    files,
    labelFolders: [...scan.labelFolders].sort(compareCodePoints),
    ignoredFiles: scan.ignoredFiles,
    problems: scan.problems,
  };
}

/** Names that are never a label or an image: hidden by a leading dot, or left behind by a system or an archiver. */
export function isHidden(name: string): boolean {
  return name.startsWith(".") || leftBehind.has(name.toLowerCase());
}

const leftBehind: ReadonlySet<string> = new Set([
  "__macosx",
  "thumbs.db",
  "ehthumbs.db",
  "desktop.ini",
  "icon\r",
  "@eadir",
  "$recycle.bin",
  "system volume information",
  "lost+found",
]);

async function checkRoot(root: string): Promise<void> {
  const wayOut = "Give the folder that holds one folder of images per label.";
  let status;
  try {
    status = await stat(root);
  } catch (error) {
    const reason =
      errorCode(error) === "ENOENT" ? "there is no such folder" : `cannot be read (${systemReason(error)})`;
    throw new FileError(root, reason, wayOut, { cause: error });
  }
  if (!status.isDirectory()) throw new FileError(root, "is a file and not a folder", wayOut);
}

interface Place {
  readonly folder: string;
  /** Parts of the path below the root. */
  readonly parts: readonly string[];
}

class Scan {
  readonly files: RawFile[] = [];
  readonly labelFolders = new Set<string>();
  readonly problems: DatasetProblem[] = [];
  ignoredFiles = 0;
  readonly #visited = new Set<string>();
  #linkedFolders: Place[] = [];

  async run(root: string, signal?: AbortSignal): Promise<void> {
    let places: Place[] = [{ folder: root, parts: [] }];
    while (places.length > 0) {
      throwIfCancelled(signal);
      const real = await Promise.all(places.map(({ folder }) => realpath(folder).catch(() => undefined)));
      const fresh = places.filter((_, i) => {
        const folder = real[i];
        if (folder === undefined || this.#visited.has(folder)) return false;
        this.#visited.add(folder);
        return true;
      });
      const next = (await Promise.all(fresh.map((place) => this.#read(place)))).flat();
      // Links wait until no real folder is left.
      places = next.length > 0 ? next : this.#linkedFolders.splice(0, 1);
      this.#linkedFolders.sort((a, b) => compareCodePoints(a.parts.join("/"), b.parts.join("/")));
    }
  }

  /** Notes what lies in one folder and returns its real subfolders. */
  async #read({ folder, parts }: Place): Promise<Place[]> {
    let entries: Dirent[];
    try {
      entries = await readdir(folder, { withFileTypes: true });
    } catch (error) {
      const message = `${folder}: the folder cannot be read (${systemReason(error)}). Make it readable, or take it out.`;
      this.problems.push({ path: folder, kind: "unreadable", message });
      return [];
    }
    if (parts.length === 1) this.labelFolders.add(parts[0]!.normalize("NFC"));
    const subfolders: Place[] = [];
    for (const entry of entries) {
      if (isHidden(entry.name)) continue;
      const path = join(folder, entry.name);
      const place = { folder: path, parts: [...parts, entry.name] };
      if (entry.isDirectory()) subfolders.push(place);
      else if (entry.isSymbolicLink()) await this.#followLink(place);
      else this.#addFile(place);
    }
    return subfolders;
  }

  async #followLink(place: Place): Promise<void> {
    const status = await stat(place.folder).catch(() => undefined);
    if (status?.isDirectory()) this.#linkedFolders.push(place);
    else this.#addFile(place); // a link to nothing is a file that cannot be read, which its header check says
  }

  #addFile({ folder: path, parts }: Place): void {
    const name = parts.at(-1)!;
    const dot = name.lastIndexOf(".");
    const extension = dot < 0 ? "" : name.slice(dot + 1).toLowerCase();
    if (dot >= 0 && !imageExtensions.has(extension)) {
      this.ignoredFiles++;
      return;
    }
    const rawId = parts.join("/");
    this.files.push({
      rawId,
      id: rawId.normalize("NFC"),
      path,
      label: parts.length > 1 ? parts[0]!.normalize("NFC") : undefined,
      mayBeOther: dot < 0,
    });
  }
}

interface RawFile extends FoundFile {
  /** The id in the file system's own spelling. */
  readonly rawId: string;
}

/** Two names that differ only in Unicode form keep their own spelling as id. */
function withoutCollisions(files: readonly RawFile[]): FoundFile[] {
  const counts = new Map<string, number>();
  for (const { id } of files) counts.set(id, (counts.get(id) ?? 0) + 1);
  return files.map(({ rawId, ...file }) => (counts.get(file.id) === 1 ? file : { ...file, id: rawId }));
}
