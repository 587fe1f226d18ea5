import type { Json, JsonObject } from "../wire/message.js";

/** A value of a widget's state: JSON, with bytes anywhere in it. */
export type WidgetValue =
  | null
  | boolean
  | number
  | string
  | ArrayBufferView
  | ArrayBuffer
  | readonly WidgetValue[]
  | { readonly [name: string]: WidgetValue };

export type WidgetState = Readonly<Record<string, WidgetValue>>;

/** Where in a state a buffer belongs. */
export type BufferPath = readonly (string | number)[];

/** A state as it travels: JSON, its bytes apart. */
export interface PackedState {
  readonly state: JsonObject;
  readonly buffer_paths: readonly BufferPath[];
  readonly buffers: readonly (ArrayBufferView | ArrayBuffer)[];
}

/** Takes the bytes out of a state, as the widget protocol wants it: from objects their key goes, in lists `null` stands for them. */
export function packState(state: WidgetState): PackedState {
  const paths: BufferPath[] = [];
  const buffers: (ArrayBufferView | ArrayBuffer)[] = [];
  const take = (value: WidgetValue, path: BufferPath): Json | undefined => {
    if (isBytes(value)) {
      paths.push(path);
      buffers.push(value);
      return undefined;
    }
    if (Array.isArray(value)) {
      return value.map((item: WidgetValue, index) => take(item, [...path, index]) ?? null);
    }
    if (typeof value !== "object" || value === null) return value;
    const kept: Record<string, Json> = {};
    for (const [name, item] of Object.entries(value)) {
      const packed = take(item, [...path, name]);
      if (packed !== undefined) kept[name] = packed;
    }
    return kept;
  };
  return { state: take(state, []) as JsonObject, buffer_paths: paths, buffers };
}

/** Puts bytes back where they belong. */
export function unpackState(
  state: JsonObject,
  paths: readonly BufferPath[],
  buffers: readonly Uint8Array[],
): WidgetState {
  if (paths.length === 0) return state as WidgetState;
  const copy = structuredClone(state) as unknown as Record<string | number, WidgetValue>;
  for (const [index, path] of paths.entries()) {
    const last = path.at(-1);
    const buffer = buffers[index];
    if (last === undefined || buffer === undefined) continue;
    let holder: Record<string | number, WidgetValue> | undefined = copy;
    for (const step of path.slice(0, -1)) {
      const inner: WidgetValue | undefined = holder?.[step];
      holder =
        typeof inner === "object" && inner !== null
          ? (inner as Record<string | number, WidgetValue>)
          : undefined;
    }
    if (holder !== undefined) holder[last] = buffer;
  }
  return copy;
}

function isBytes(value: WidgetValue): value is ArrayBufferView | ArrayBuffer {
  return ArrayBuffer.isView(value) || value instanceof ArrayBuffer;
}
