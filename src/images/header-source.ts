import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from "node:fs";
import { open } from "node:fs/promises";

/** A file open for reading. */
export interface OpenFile {
  readonly status: Stats;
  /** Reads into the whole buffer; returns how many bytes there were. */
  readonly read: (buffer: Buffer, position: number) => number | Promise<number>;
  readonly close: () => void | Promise<void>;
}

/** Without O_NONBLOCK (absent on Windows) a named pipe with an image's name would block for ever. */
const readFlags = constants.O_RDONLY | constants.O_NONBLOCK;

export async function openFile(path: string): Promise<OpenFile> {
  const file = await open(path, readFlags);
  return {
    status: await file.stat(),
    read: async (buffer, position) => (await file.read(buffer, 0, buffer.length, position)).bytesRead,
    close: () => file.close(),
  };
}

/** {@link openFile} without leaving the thread: on a fast disk a tenth of the time. */
export function openFileSync(path: string): OpenFile {
  const file = openSync(path, readFlags);
  return {
    status: fstatSync(file),
    read: (buffer, position) => readSync(file, buffer, 0, buffer.length, position),
    close: () => {
      closeSync(file);
    },
  };
}

/** Reads pieces of a file on demand, what lies in the first piece only once; or of bytes that are there already. */
export class HeaderSource {
  readonly fileSize: number;
  readonly #file: OpenFile | undefined;
  #start: Buffer | undefined;

  constructor(source: Buffer | OpenFile) {
    if (Buffer.isBuffer(source)) this.#start = source;
    else this.#file = source;
    this.fileSize = Buffer.isBuffer(source) ? source.length : source.status.size;
  }

  /** At most `length` bytes from `position`; fewer at the end of the file. */
  async at(position: number, length: number): Promise<Buffer> {
    const start = this.#start;
    if (start !== undefined && (position + length <= start.length || start.length === this.fileSize)) {
      return start.subarray(position, position + length);
    }
    if (this.#file === undefined || position >= this.fileSize) return Buffer.alloc(0);
    const buffer = Buffer.allocUnsafe(Math.min(length, this.fileSize - position));
    const bytesRead = await this.#file.read(buffer, position);
    const piece = buffer.subarray(0, bytesRead);
    if (position === 0) this.#start = piece;
    return piece;
  }
}
