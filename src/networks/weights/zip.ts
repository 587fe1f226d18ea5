import { crc32, inflateRawSync } from "node:zlib";
import { FileError } from "../../errors.js";

/** One file inside a zip archive. */
export interface ZipEntry {
  readonly name: string;
  /** Its bytes, checked against the archive's CRC-32; a view of the archive where they are stored uncompressed. */
  read(): Uint8Array;
}

const endSignature = 0x06054b50;
const directorySignature = 0x02014b50;
const localSignature = 0x04034b50;

/**
 * Reads the directory of a zip archive: stored and deflated entries, up to 4 GB (no zip64).
 *
 * @param path - Names the archive in errors.
 * @throws {@link FileError} when it is truncated or damaged.
 */
export function readZip(bytes: Uint8Array, path: string): ReadonlyMap<string, ZipEntry> {
  const damaged = (problem: string): FileError =>
    new FileError(path, `is no whole zip archive: ${problem}`, "Download it again.");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = findEnd(view);
  if (end === undefined) throw damaged("its directory is missing");
  const count = view.getUint16(end + 10, true);
  let position = view.getUint32(end + 16, true);
  if (count === 0xffff || position === 0xffffffff) throw damaged("zip64 archives are not read");
  const entries = new Map<string, ZipEntry>();
  for (let i = 0; i < count; i++) {
    if (position + 46 > end || view.getUint32(position, true) !== directorySignature) {
      throw damaged("its directory is damaged");
    }
    const method = view.getUint16(position + 10, true);
    const crc = view.getUint32(position + 16, true);
    const packed = view.getUint32(position + 20, true);
    const size = view.getUint32(position + 24, true);
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((at) =>
      view.getUint16(position + at, true),
    ) as [number, number, number];
    const start = view.getUint32(position + 42, true);
    const name = new TextDecoder().decode(bytes.subarray(position + 46, position + 46 + nameLength));
    position += 46 + nameLength + extraLength + commentLength;
    const read = (): Uint8Array => {
      if (start + 30 > end || view.getUint32(start, true) !== localSignature) {
        throw damaged(`${name} is not where the directory says`);
      }
      const from = start + 30 + view.getUint16(start + 26, true) + view.getUint16(start + 28, true);
      if (from + packed > end) throw damaged(`${name} is cut off`);
      const content = unpack(bytes.subarray(from, from + packed), method, size);
      if (content?.length !== size || crc32(content) !== crc) throw damaged(`${name} has a wrong checksum`);
      return content;
    };
    entries.set(name, { name, read });
  }
  return entries;
}

function unpack(packed: Uint8Array, method: number, size: number): Uint8Array | undefined {
  if (method === 0) return packed;
  if (method !== 8) return undefined;
  try {
    // The directory's size bounds what a crafted stream can grow to.
    return inflateRawSync(packed, { maxOutputLength: Math.max(size, 1) });
  } catch {
    return undefined;
  }
}

/** Position of the end record, which lies before a comment of at most 65,535 bytes. */
function findEnd(view: DataView): number | undefined {
  for (let at = view.byteLength - 22; at >= Math.max(0, view.byteLength - 22 - 0xffff); at--) {
    if (view.getUint32(at, true) === endSignature) return at;
  }
  return undefined;
}
