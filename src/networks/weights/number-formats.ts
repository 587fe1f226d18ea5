/** How numbers are stored in weight files; they are always handed on as float32. */
export type NumberFormat =
  "float16" | "bfloat16" | "float32" | "float64" | "uint8" | "int8" | "int16" | "int32" | "int64" | "bool";

export const bytesPerNumber: Readonly<Record<NumberFormat, number>> = {
  float16: 2,
  bfloat16: 2,
  float32: 4,
  float64: 8,
  uint8: 1,
  int8: 1,
  int16: 2,
  int32: 4,
  int64: 8,
  bool: 1,
};

/** Reads little-endian numbers as float32; `bytes.length` must be a multiple of the format's size. */
export function decodeNumbers(bytes: Uint8Array, format: NumberFormat): Float32Array {
  const size = bytes.length / bytesPerNumber[format];
  const numbers = new Float32Array(size);
  if (format === "float32" && littleEndian) {
    new Uint8Array(numbers.buffer).set(bytes);
    return numbers;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const read = readers[format];
  for (let i = 0; i < size; i++) numbers[i] = read(view, i);
  return numbers;
}

const littleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

const readers: Readonly<Record<NumberFormat, (view: DataView, index: number) => number>> = {
  float16: (view, i) => halfToNumber(view.getUint16(2 * i, true)),
  bfloat16: (view, i) => bfloat16ToNumber(view.getUint16(2 * i, true)),
  float32: (view, i) => view.getFloat32(4 * i, true),
  float64: (view, i) => view.getFloat64(8 * i, true),
  uint8: (view, i) => view.getUint8(i),
  int8: (view, i) => view.getInt8(i),
  int16: (view, i) => view.getInt16(2 * i, true),
  int32: (view, i) => view.getInt32(4 * i, true),
  int64: (view, i) => Number(view.getBigInt64(8 * i, true)),
  bool: (view, i) => (view.getUint8(i) === 0 ? 0 : 1),
};

/** IEEE 754 binary16: 1 sign, 5 exponent and 10 fraction bits. */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** bfloat16 is the upper half of a float32. */
function bfloat16ToNumber(bits: number): number {
  scratch.setUint32(0, bits << 16);
  return scratch.getFloat32(0);
}

const scratch = new DataView(new ArrayBuffer(4));

/** Float32 numbers as little-endian bytes; a view of the same memory where the machine is little-endian. */
export function encodeFloat32(numbers: Float32Array): Uint8Array {
  if (littleEndian) return new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
  const view = new DataView(new ArrayBuffer(numbers.byteLength));
  numbers.forEach((number, i) => {
    view.setFloat32(4 * i, number, true);
  });
  return new Uint8Array(view.buffer);
}
