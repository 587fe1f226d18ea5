import { FileError } from "../../errors.js";
import type { Weights, WeightTensor } from "../network.js";
import { bytesPerNumber, decodeNumbers, type NumberFormat } from "./number-formats.js";
import { PickleError, PickleGlobal, readPickle, type PickleHooks } from "./pickle.js";
import { readZip } from "./zip.js";

/** Types of storage by Python name. */
const storageFormats: Readonly<Record<string, NumberFormat>> = {
  "torch.FloatStorage": "float32",
  "torch.HalfStorage": "float16",
  "torch.BFloat16Storage": "bfloat16",
  "torch.DoubleStorage": "float64",
  "torch.LongStorage": "int64",
  "torch.IntStorage": "int32",
  "torch.ShortStorage": "int16",
  "torch.CharStorage": "int8",
  "torch.ByteStorage": "uint8",
  "torch.BoolStorage": "bool",
};

const functions: readonly string[] = [
  "collections.OrderedDict",
  "torch._utils._rebuild_tensor_v2",
  "torch._utils._rebuild_tensor",
  "torch._utils._rebuild_parameter",
];

/** Numbers that tensors share; `first` is where a view of another storage begins in it. */
interface Storage {
  readonly key: string;
  readonly format: NumberFormat;
  readonly size: number;
  readonly first: number;
}

/** A tensor as the pickle describes it, before its numbers are read. */
class StoredTensor {
  constructor(
    readonly storage: Storage,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {}
}

const legacyMagicNumber = 0x1950a86a20f9469cfc6cn;
const saveAdvice = "Save the weights alone: torch.save(model.state_dict(), path).";

/**
 * Reads a PyTorch state dict in either form of `torch.save`: the zip archive (since 1.6) and the older row of pickles.
 *
 * Nothing in the file is executed: of Python's names only ordered dictionaries, tensors and their storages are known, and
 * any other is an error. Dictionaries around the state dict (`{"state_dict": ..., "epoch": 3}`) are looked into. Integers become
 * float32 as all else.
 *
 * @param path - Names the file in errors.
 * @throws {@link FileError}
 */
export function readTorchStateDict(bytes: Uint8Array, path: string): Weights {
  try {
    return isZip(bytes) ? readArchive(bytes, path) : readLegacy(bytes, path);
  } catch (error) {
    if (error instanceof PickleError) throw new FileError(path, error.message, saveAdvice, { cause: error });
    throw error;
  }
}

export function isZip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 3 && bytes[3] === 4;
}

/** Whether the file begins as the older form does: a pickle of the magic number. */
export function isLegacyTorch(bytes: Uint8Array): boolean {
  return bytes[0] === 0x80 && bytes[2] === 0x8a && bytes[3] === 10 && bytes[4] === 0x6c && bytes[5] === 0xfc;
}

function readArchive(bytes: Uint8Array, path: string): Weights {
  const entries = readZip(bytes, path);
  const pickle = [...entries.keys()].find((name) => /^[^/]+\/data\.pkl$/.test(name));
  if (pickle === undefined) {
    throw new FileError(path, "is a zip archive without data.pkl, so not made by torch.save", saveAdvice);
  }
  const folder = pickle.slice(0, -"data.pkl".length);
  const byteOrder = entries.get(`${folder}byteorder`);
  if (byteOrder) checkByteOrder(new TextDecoder().decode(byteOrder.read()) === "little", path);
  const { value } = readPickle(entries.get(pickle)!.read(), 0, hooks(parseStorage));
  return materialise(value, path, ({ key }) => {
    const entry = entries.get(`${folder}data/${key}`);
    if (!entry)
      throw new FileError(path, `lacks the storage ${key} that its tensors name`, "Download it again.");
    return entry.read();
  });
}

function readLegacy(bytes: Uint8Array, path: string): Weights {
  const first = isLegacyTorch(bytes) ? readPickle(bytes, 0, noHooks) : undefined;
  if (first?.value !== legacyMagicNumber) {
    throw new FileError(path, "is neither form of a PyTorch state dict", saveAdvice);
  }
  const protocol = readPickle(bytes, first.end, noHooks);
  const system = readPickle(bytes, protocol.end, noHooks);
  const little = system.value instanceof Map && system.value.get("little_endian") === true;
  checkByteOrder(little, path);
  const storages = new Map<string, Storage>();
  const state = readPickle(
    bytes,
    system.end,
    hooks((id) => {
      const storage = parseStorage(id);
      if (!storages.has(storage.key)) storages.set(storage.key, storage);
      return storage;
    }),
  );
  const keys = readPickle(bytes, state.end, noHooks);
  const data = locateStorages(bytes, keys.end, keys.value, storages, path);
  return materialise(state.value, path, ({ key }) => data.get(key)!);
}

/** After the pickles each storage follows in the order of the keys: its length in numbers as int64, then the numbers. */
function locateStorages(
  bytes: Uint8Array,
  start: number,
  keys: unknown,
  storages: ReadonlyMap<string, Storage>,
  path: string,
): ReadonlyMap<string, Uint8Array> {
  if (!Array.isArray(keys)) throw new PickleError("has no list of storages");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const data = new Map<string, Uint8Array>();
  let position = start;
  for (const key of keys) {
    const storage = storages.get(String(key));
    if (storage === undefined) throw new PickleError(`has a storage ${String(key)} that no tensor names`);
    const size = position + 8 <= bytes.length ? Number(view.getBigInt64(position, true)) : -1;
    const end = position + 8 + size * bytesPerNumber[storage.format];
    if (size < 0 || end > bytes.length) {
      throw new FileError(path, `is cut off in storage ${storage.key}`, "Download it again.");
    }
    data.set(storage.key, bytes.subarray(position + 8, end));
    position = end;
  }
  for (const key of storages.keys()) {
    if (!data.has(key)) throw new PickleError(`lacks the storage ${key} that its tensors name`);
  }
  return data;
}

function checkByteOrder(little: boolean, path: string): void {
  if (little) return;
  throw new FileError(path, "was saved on a big-endian machine, which is not read", saveAdvice);
}

function hooks(persistent: (id: unknown) => Storage): PickleHooks {
  return { persistent, global: allowedGlobal, reduce };
}

const noHooks = hooks(() => {
  throw new PickleError("holds a damaged pickle");
});

function allowedGlobal(name: string): PickleGlobal {
  if (functions.includes(name) || Object.hasOwn(storageFormats, name)) return new PickleGlobal(name);
  throw new PickleError(
    `names the Python object ${name}; only tensors, their storages and ordered dictionaries are read, and nothing is executed`,
  );
}

function reduce({ name }: PickleGlobal, args: readonly unknown[]): unknown {
  switch (name) {
    case "collections.OrderedDict": {
      const items: unknown = args[0] ?? [];
      if (!Array.isArray(items)) throw new PickleError("holds a damaged ordered dictionary");
      return new Map(items as [unknown, unknown][]);
    }
    case "torch._utils._rebuild_tensor":
    case "torch._utils._rebuild_tensor_v2": {
      const [storage, offset, shape, strides] = args;
      if (!isStorage(storage) || !isSize(offset) || !isSizes(shape) || !isSizes(strides)) {
        throw new PickleError("describes a tensor wrongly");
      }
      return new StoredTensor(storage, storage.first + offset, shape, strides);
    }
    case "torch._utils._rebuild_parameter":
      if (!(args[0] instanceof StoredTensor)) throw new PickleError("describes a parameter wrongly");
      return args[0];
    default:
      throw new PickleError(`calls ${name}`);
  }
}

/** `("storage", type, key, device, size)`, in the older form with the view of another storage as sixth. */
function parseStorage(id: unknown): Storage {
  if (!Array.isArray(id)) throw new PickleError("describes a storage wrongly");
  const [kind, type, key, , size, view] = id as unknown[];
  const format = type instanceof PickleGlobal ? storageFormats[type.name] : undefined;
  if (kind !== "storage" || format === undefined || typeof key !== "string" || !isSize(size)) {
    throw new PickleError("describes a storage wrongly");
  }
  const first: unknown = Array.isArray(view) ? view[1] : 0;
  if (!isSize(first)) throw new PickleError("describes a storage wrongly");
  return { key, format, size, first };
}

function isStorage(value: unknown): value is Storage {
  return typeof value === "object" && value !== null && "format" in value && "first" in value;
}

function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isSizes(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every(isSize);
}

/** Names of the entries under which training programs keep the state dict, the averaged weights last. */
const wrappers = ["state_dict", "model_state_dict", "model", "module", "net", "state_dict_ema", "model_ema"];

function findStateDict(value: unknown, path: string): ReadonlyMap<unknown, unknown> {
  let found = value;
  for (;;) {
    if (!(found instanceof Map)) {
      throw new FileError(path, "holds no dictionary of tensors", saveAdvice);
    }
    const dictionary: ReadonlyMap<unknown, unknown> = found;
    if ([...dictionary.values()].some((item) => item instanceof StoredTensor)) return dictionary;
    const wrapper = wrappers.find((name) => dictionary.get(name) instanceof Map);
    if (wrapper === undefined) {
      throw new FileError(path, "holds no dictionary of tensors", saveAdvice);
    }
    found = dictionary.get(wrapper);
  }
}

function materialise(value: unknown, path: string, bytesOf: (storage: Storage) => Uint8Array): Weights {
  const tensors = new Map<string, WeightTensor>();
  for (const [name, stored] of findStateDict(value, path)) {
    if (typeof name !== "string" || !(stored instanceof StoredTensor)) continue;
    tensors.set(name, readTensor(name, stored, bytesOf(stored.storage), path));
  }
  return tensors;
}

function readTensor(name: string, tensor: StoredTensor, bytes: Uint8Array, path: string): WeightTensor {
  const { storage, offset, shape, strides } = tensor;
  const width = bytesPerNumber[storage.format];
  const available = Math.floor(bytes.length / width);
  const size = shape.reduce((product, extent) => product * extent, 1);
  const last = shape.reduce((at, extent, i) => at + (extent - 1) * (strides[i] ?? NaN), offset);
  // A tensor larger than its storage repeats numbers (stride 0): no weight does, and a crafted one could fill the memory.
  if (shape.length !== strides.length || (size > 0 && (!(last < available) || size > available))) {
    throw new FileError(
      path,
      `tensor "${name}" of shape [${shape.join(", ")}] does not fit its storage of ${available} numbers`,
      "Download it again.",
    );
  }
  if (size === 0) return { shape, data: new Float32Array(0) };
  if (isContiguous(shape, strides)) {
    const range = bytes.subarray(offset * width, (offset + size) * width);
    return { shape, data: decodeNumbers(range, storage.format) };
  }
  const all = decodeNumbers(bytes.subarray(0, available * width), storage.format);
  return { shape, data: gather(all, offset, shape, strides) };
}

function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== expected) return false;
    expected *= shape[axis]!;
  }
  return true;
}

/** Row-major copy of a strided tensor. */
function gather(
  all: Float32Array,
  offset: number,
  shape: readonly number[],
  strides: readonly number[],
): Float32Array {
  const data = new Float32Array(shape.reduce((product, extent) => product * extent, 1));
  const index = shape.map(() => 0);
  let from = offset;
  for (let to = 0; to < data.length; to++) {
    data[to] = all[from]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis]!++;
      from += strides[axis]!;
      if (index[axis]! < shape[axis]!) break;
      from -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return data;
}
