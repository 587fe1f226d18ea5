import { FileError } from "../../errors.js";
import type { Weights, WeightTensor } from "../network.js";
import { bytesPerNumber, decodeNumbers, encodeFloat32, type NumberFormat } from "./number-formats.js";

/** A safetensors file: its tensors, read as float32, and the strings of its `__metadata__`. */
export interface Safetensors {
  readonly tensors: Weights;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The names of the format for what we read; others (8-bit floats, 64-bit unsigned, ...) are refused by name. */
const formats: Readonly<Record<string, NumberFormat>> = {
  F16: "float16",
  BF16: "bfloat16",
  F32: "float32",
  F64: "float64",
  U8: "uint8",
  I8: "int8",
  I16: "int16",
  I32: "int32",
  I64: "int64",
  BOOL: "bool",
};

/** No real header comes near this; it bounds what a damaged length can make us parse. */
const maximumHeaderBytes = 100_000_000;

/**
 * Reads a safetensors file.
 *
 * The layout is eight bytes of header length, a JSON header naming each tensor's dtype, shape and byte range, then the
 * data without gaps.
 *
 * @param path - Names the file in errors.
 * @throws {@link FileError} that names the tensor when header, ranges and file do not agree.
 */
export function readSafetensors(bytes: Uint8Array, path: string): Safetensors {
  if (bytes.length < 8) throw new FileError(path, "is no safetensors file: it ends inside the header length");
  const length = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
  if (length > maximumHeaderBytes || 8 + Number(length) > bytes.length) {
    throw new FileError(
      path,
      `is no whole safetensors file: its header should have ${length.toString()} bytes, the file has ${bytes.length}`,
      "Download it again.",
    );
  }
  const header = parseHeader(bytes.subarray(8, 8 + Number(length)), path);
  const data = bytes.subarray(8 + Number(length));
  const { __metadata__: metadata = {}, ...entries } = header;
  const tensors = new Map<string, WeightTensor>();
  const ranges: [number, number][] = [];
  for (const [name, entry] of Object.entries(entries)) {
    const { format, shape, begin, end } = checkEntry(name, entry, data.length, path);
    tensors.set(name, { shape, data: decodeNumbers(data.subarray(begin, end), format) });
    ranges.push([begin, end]);
  }
  checkGaps(ranges, data.length, path);
  return { tensors, metadata: checkMetadata(metadata, path) };
}

/** Writes float32 tensors as a safetensors file, in the order of the map, data aligned to eight bytes. */
export function writeSafetensors(
  weights: Weights,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const header: Record<string, unknown> = {};
  if (Object.keys(metadata).length > 0) header["__metadata__"] = metadata;
  let end = 0;
  for (const [name, { shape, data }] of weights) {
    const begin = end;
    end += data.byteLength;
    header[name] = { dtype: "F32", shape, data_offsets: [begin, end] };
  }
  let json = new TextEncoder().encode(JSON.stringify(header));
  const padding = (8 - (json.length % 8)) % 8;
  if (padding > 0) json = Uint8Array.of(...json, ...new Array<number>(padding).fill(0x20));
  const bytes = new Uint8Array(8 + json.length + end);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  let position = 8 + json.length;
  for (const { data } of weights.values()) {
    bytes.set(encodeFloat32(data), position);
    position += data.byteLength;
  }
  return bytes;
}

function parseHeader(bytes: Uint8Array, path: string): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw new FileError(path, `is no safetensors file: its header is not JSON`, undefined, { cause: error });
  }
  if (!isRecord(header)) throw new FileError(path, "is no safetensors file: its header is no JSON object");
  return header;
}

function checkEntry(
  name: string,
  entry: unknown,
  dataBytes: number,
  path: string,
): { format: NumberFormat; shape: readonly number[]; begin: number; end: number } {
  const damaged = (problem: string): FileError =>
    new FileError(path, `tensor "${name}" ${problem}`, "Download it again.");
  if (!isRecord(entry)) throw damaged("has no JSON object in the header");
  const { dtype, shape, data_offsets: offsets } = entry;
  const format = typeof dtype === "string" && Object.hasOwn(formats, dtype) ? formats[dtype] : undefined;
  if (format === undefined) {
    throw new FileError(
      path,
      `tensor "${name}" has dtype ${String(dtype)}, which must be one of ${Object.keys(formats).join(", ")}`,
      "Save the weights as float32 or float16.",
    );
  }
  if (!Array.isArray(shape) || !shape.every(isSize)) throw damaged("has no valid shape in the header");
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize)) {
    throw damaged("has no valid byte range in the header");
  }
  const [begin, end] = offsets as [number, number];
  if (begin > end || end > dataBytes) {
    throw damaged(`should lie in bytes ${begin} to ${end} of the data, which has ${dataBytes}`);
  }
  const expected = shape.reduce((product, extent) => product * extent, 1) * bytesPerNumber[format];
  if (end - begin !== expected) {
    throw damaged(`of shape [${shape.join(", ")}] needs ${expected} bytes, its range has ${end - begin}`);
  }
  return { format, shape, begin, end };
}

/** The format forbids overlaps and gaps: what no tensor owns, or two do, shows damage or something hidden. */
function checkGaps(ranges: [number, number][], dataBytes: number, path: string): void {
  let position = 0;
  for (const [begin, end] of ranges.sort((a, b) => a[0] - b[0] || a[1] - b[1])) {
    if (begin !== position) {
      throw new FileError(path, `has tensors that overlap or leave a gap at byte ${position} of the data`);
    }
    position = end;
  }
  if (position !== dataBytes) {
    throw new FileError(path, `has ${dataBytes} bytes of data, its tensors need ${position}`);
  }
}

function checkMetadata(metadata: unknown, path: string): Readonly<Record<string, string>> {
  if (isRecord(metadata) && Object.values(metadata).every((value) => typeof value === "string")) {
    return metadata as Record<string, string>;
  }
  throw new FileError(path, "has a __metadata__ that is not an object of strings");
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
