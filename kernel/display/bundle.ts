import { Buffer } from "node:buffer";
import { inspect, types } from "node:util";

import type { JsonObject } from "../wire/message.js";
import { cutText } from "./cut.js";
import { imageType, sharpToPng } from "./images.js";
import { tableOf } from "./table.js";

/** One value in several formats, by MIME type; bytes are base64 text. */
export interface MimeBundle {
  readonly data: JsonObject;
  readonly metadata: JsonObject;
}

/** The method by which a value says how it displays: returns a MIME bundle, or a promise of one. */
export const DISPLAY = Symbol.for("Jupyter.display");

/**
 * Where a value that renews what was shown of it says under which id it does so: it is then shown as an output that can be
 * updated, which a cell's result cannot be in JupyterLab.
 */
const DISPLAY_ID = Symbol.for("Jupyter.displayId");

export function displayIdOf(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const id = (value as { [DISPLAY_ID]?: unknown })[DISPLAY_ID];
  return typeof id === "string" ? id : undefined;
}

/** The formats in which a value displays; a promise only where making them takes time. */
export function mimeBundle(value: unknown): MimeBundle | Promise<MimeBundle> {
  if ((typeof value === "object" && value !== null) || typeof value === "function") {
    const method = (value as { [DISPLAY]?: unknown })[DISPLAY];
    if (typeof method === "function") {
      const made = (method as () => unknown).call(value);
      return types.isPromise(made) ? made.then((bundle) => checked(bundle, value)) : checked(made, value);
    }
    if (types.isUint8Array(value)) {
      const type = imageType(value);
      if (type !== undefined) return plain(value, { [type]: Buffer.from(value).toString("base64") });
    }
    const png = sharpToPng(value);
    if (png !== undefined) {
      return png.then((bytes) =>
        plain(undefined, { "image/png": bytes.toString("base64"), "text/plain": "[sharp image]" }),
      );
    }
    if (Array.isArray(value)) {
      const table = tableOf(value);
      if (table !== undefined)
        return plain(value, { "text/html": table.html, "text/plain": cutText(table.text) });
    }
    if (isTensor(value)) return plain(value, { "text/plain": cutText(tensorText(value)) });
  }
  return plain(value, {});
}

/** A bundle given by the user as it is, its bytes made text. */
export function rawBundle(value: unknown, origin = "display"): MimeBundle {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new TypeError(
      `${origin}: a MIME bundle must be an object such as { "text/html": "<b>hi</b>" }, got ${inspect(value, { depth: 0 })}.`,
    );
  }
  const data: Record<string, JsonObject[string]> = {};
  for (const [type, content] of Object.entries(value)) {
    if (types.isUint8Array(content)) data[type] = Buffer.from(content).toString("base64");
    else data[type] = content as JsonObject[string];
  }
  return { data, metadata: {} };
}

/** What a value says of itself; in a word too, which every result must have. */
function checked(bundle: unknown, value: unknown): MimeBundle {
  const { data, metadata } = rawBundle(bundle, `${describe(value)}[Symbol.for("Jupyter.display")]`);
  return { data: "text/plain" in data ? data : { ...data, "text/plain": `[${describe(value)}]` }, metadata };
}

function describe(value: unknown): string {
  const name = (value as { constructor?: { name?: unknown } }).constructor?.name;
  return typeof name === "string" && name !== "" ? name : "value";
}

function plain(value: unknown, data: JsonObject): MimeBundle {
  return {
    data: { "text/plain": data["text/plain"] ?? cutText(inspectSafely(value)), ...data },
    metadata: {},
  };
}

/** `util.inspect`, for objects too whose own code throws while they are looked at. */
export function inspectSafely(value: unknown): string {
  try {
    return inspect(value, { maxArrayLength: 100, maxStringLength: 1_000_000, depth: 4 });
  } catch (error) {
    return `[${describe(value)}: cannot be shown, its inspection throws ${String(error)}]`;
  }
}

/** A tensor of TensorFlow.js, in its own words: type, shape and values. */
function tensorText(tensor: object): string {
  return (tensor as { toString: (verbose: boolean) => string }).toString(true);
}

function isTensor(value: object): boolean {
  const tensor = value as { dataSync?: unknown; shape?: unknown; dtype?: unknown };
  return (
    typeof tensor.dataSync === "function" && Array.isArray(tensor.shape) && typeof tensor.dtype === "string"
  );
}
