import type { CommsApi } from "../api.js";
import type { JsonObject } from "../wire/message.js";
import type { BufferPath, PackedState } from "./buffers.js";

/** A widget as far as restoring it needs. */
interface Restorable {
  readonly id: string;
  pack(): PackedState;
}

const TARGET = "jupyter.widget.control";

const widgets = new Map<string, Restorable>();
const prepared = new WeakSet<CommsApi>();

/** Makes a widget one that a reloaded page finds again. */
export function register(comms: CommsApi, widget: Restorable): void {
  widgets.set(widget.id, widget);
  if (prepared.has(comms)) return;
  prepared.add(comms);
  comms.registerTarget(TARGET, (comm) => {
    comm.onMessage(({ data }) => {
      if (data["method"] !== "request_states") return;
      const { states, buffer_paths, buffers } = allStates();
      comm.send({ method: "update_states", states, buffer_paths }, { buffers });
    });
  });
}

export function unregister(id: string): void {
  widgets.delete(id);
}

function allStates(): {
  states: JsonObject;
  buffer_paths: readonly BufferPath[];
  buffers: readonly (ArrayBufferView | ArrayBuffer)[];
} {
  const states: Record<string, JsonObject> = {};
  const paths: BufferPath[] = [];
  const buffers: (ArrayBufferView | ArrayBuffer)[] = [];
  for (const [id, widget] of widgets) {
    const packed = widget.pack();
    states[id] = {
      model_name: packed.state["_model_name"],
      model_module: packed.state["_model_module"],
      model_module_version: packed.state["_model_module_version"],
      state: packed.state,
    };
    // The path begins at the object of all states, whose entries hold each state one level deeper.
    paths.push(...packed.buffer_paths.map((path) => [id, "state", ...path]));
    buffers.push(...packed.buffers);
  }
  return { states, buffer_paths: paths, buffers };
}
