import { createReadStream } from "node:fs";

import { Header } from "tar";

import { SightbookError } from "../../errors.js";

/** One entry of a tar archive. */
export interface TarEntry {
  /** Without a leading slash; a folder ends with one. */
  readonly path: string;
  readonly mode: number;
  /** In bytes; 0 for a folder. */
  readonly size: number;
  /** Path of a file, its bytes, or whatever yields them. */
  readonly content: string | Uint8Array | AsyncIterable<Uint8Array>;
}

const blockSize = 512;
/** The same files give the same bytes, and so the same hash. */
const mtime = new Date(0);

/** The bytes of a tar archive of these entries, in their order, all owned by root. */
export async function* tarStream(
  entries: AsyncIterable<TarEntry> | Iterable<TarEntry>,
): AsyncGenerator<Uint8Array> {
  for await (const entry of entries) {
    yield headerOf(entry);
    let size = 0;
    for await (const chunk of bytesOf(entry.content)) {
      size += chunk.length;
      yield chunk;
    }
    if (size !== entry.size) throw new SightbookError(`${entry.path} changed while it was read.`);
    yield new Uint8Array(padding(size));
  }
  yield new Uint8Array(2 * blockSize);
}

/** The entries with all folders above them, which everyone may enter. */
export function withFolders(entries: readonly TarEntry[]): TarEntry[] {
  const folders = new Set<string>();
  for (const { path } of entries) {
    for (let at = path.indexOf("/"); at >= 0; at = path.indexOf("/", at + 1))
      folders.add(path.slice(0, at + 1));
  }
  for (const { path } of entries) folders.delete(path);
  const missing = [...folders]
    .sort()
    .map((path) => ({ path, mode: 0o755, size: 0, content: new Uint8Array() }));
  return [...missing, ...entries];
}

/** How many bytes the archive of these entries has. */
export function tarSize(entries: readonly TarEntry[]): number {
  return entries.reduce((sum, { size }) => sum + blockSize + size + padding(size), 2 * blockSize);
}

function headerOf({ path, mode, size }: TarEntry): Uint8Array {
  const block = Buffer.alloc(blockSize);
  const type = path.endsWith("/") ? "Directory" : "File";
  const tooLong = new Header({ path, mode, size, type, mtime, uid: 0, gid: 0 }).encode(block, 0);
  if (tooLong) throw new SightbookError(`${path}: the path is too long for an image.`);
  return block;
}

function bytesOf(content: TarEntry["content"]): AsyncIterable<Uint8Array> | Iterable<Uint8Array> {
  if (typeof content === "string") return createReadStream(content, { highWaterMark: 1 << 20 });
  return content instanceof Uint8Array ? [content] : content;
}

function padding(size: number): number {
  return (blockSize - (size % blockSize)) % blockSize;
}
