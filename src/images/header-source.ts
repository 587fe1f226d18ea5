import type { FileHandle } from "node:fs/promises";

/** Reads pieces of a file on demand, what lies in the first piece only once; or of bytes that are there already. */
export class HeaderSource {
  readonly fileSize: number;
  readonly #file: FileHandle | undefined;
  #start: Buffer | undefined;

  constructor(source: Buffer | { readonly file: FileHandle; readonly fileSize: number }) {
    if (Buffer.isBuffer(source)) this.#start = source;
    else this.#file = source.file;
    this.fileSize = Buffer.isBuffer(source) ? source.length : source.fileSize;
  }

  /** At most `length` bytes from `position`; fewer at the end of the file. */
  async at(position: number, length: number): Promise<Buffer> {
    const start = this.#start;
    if (start !== undefined && (position + length <= start.length || start.length === this.fileSize)) {
      return start.subarray(position, position + length);
    }
    if (this.#file === undefined || position >= this.fileSize) return Buffer.alloc(0);
    const buffer = Buffer.allocUnsafe(Math.min(length, this.fileSize - position));
    const { bytesRead } = await this.#file.read(buffer, 0, buffer.length, position);
    const piece = buffer.subarray(0, bytesRead);
    if (position === 0) this.#start = piece;
    return piece;
  }
}
