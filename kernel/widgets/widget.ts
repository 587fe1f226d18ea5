import { isDeepStrictEqual } from "node:util";

import type { CommsApi } from "../api.js";
import { jupyter } from "../api.js";
import type { Comm, CommMessage } from "../session/comms.js";
import type { JsonObject } from "../wire/message.js";
import type { BufferPath, PackedState, WidgetState, WidgetValue } from "./buffers.js";
import { packState, unpackState } from "./buffers.js";
import { register, unregister } from "./control.js";

/** The version of the widget messaging protocol, in the metadata of each opened comm. */
const PROTOCOL_VERSION = "2.1.0";
const BASE_MODULE = "@jupyter-widgets/base";
const BASE_VERSION = "2.0.0";

export interface WidgetOptions<S extends WidgetState> {
  /** The JavaScript module that the front end loads the view from, such as the npm name of a widget package. */
  readonly module: string;
  /** Semver range of that module; any by default. */
  readonly moduleVersion?: string;
  /** The exported name of the view. */
  readonly view: string;
  /** The exported name of the model in the same module; by default the base model of a widget with a place on the page. */
  readonly model?: string;
  /** The state shared by both sides, with its values at the start. */
  readonly state: S;
  /** Further formats in which the widget displays, for front ends without widgets and notebooks opened later. */
  readonly fallback?: () => JsonObject;
  /** The comms to use; the running kernel's by default. */
  readonly comms?: CommsApi;
}

/** Called when the front end has changed values of the state. */
export type ChangeListener<S> = (changed: Partial<S>) => unknown;

/** Called with a message that the view sent beside the state. */
export type CustomListener = (content: JsonObject, buffers: readonly Uint8Array[]) => unknown;

/**
 * The kernel's half of a widget: a state that both sides see and change.
 *
 * ```typescript
 * const counter = new Widget({ module: "my-widgets", view: "CounterView", state: { count: 0 } });
 * counter.onChange(({ count }) => { console.log("now", count) });
 * counter.set({ count: 5 });
 * counter // as the last expression, displays it
 * ```
 */
export class Widget<S extends WidgetState = WidgetState> {
  readonly #comm: Comm;
  readonly #internal: WidgetState;
  readonly #fallback: (() => JsonObject) | undefined;
  readonly #changeListeners: ChangeListener<S>[] = [];
  readonly #customListeners: CustomListener[] = [];
  #state: S;
  readonly #view: string;

  constructor(options: WidgetOptions<S>) {
    const { module, moduleVersion = "*", view, model, state, comms = jupyter.comms } = options;
    this.#fallback = options.fallback;
    this.#state = { ...state };
    this.#view = view;
    this.#internal = {
      _model_module: model === undefined ? BASE_MODULE : module,
      _model_module_version: model === undefined ? BASE_VERSION : moduleVersion,
      _model_name: model ?? "DOMWidgetModel",
      _view_module: module,
      _view_module_version: moduleVersion,
      _view_name: view,
      _view_count: null,
    };
    const { buffers, ...data } = this.pack();
    this.#comm = comms.open("jupyter.widget", {
      data: data as unknown as JsonObject,
      buffers,
      metadata: { version: PROTOCOL_VERSION },
    });
    this.#comm.onMessage((message) => this.#receive(message));
    this.#comm.onClose(() => {
      unregister(this.id);
    });
    register(comms, this);
  }

  /** The id by which both sides know the widget. */
  get id(): string {
    return this.#comm.id;
  }

  /** The present state. Replace values with {@link set}; changing an object inside goes unnoticed. */
  get state(): Readonly<S> {
    return this.#state;
  }

  /** Changes values here and in every front end; values that are equal already are not sent. */
  set(values: Partial<S>): void {
    const changed = Object.fromEntries(
      Object.entries(values).filter(([name, value]) => !isDeepStrictEqual(this.#state[name], value)),
    ) as WidgetState;
    if (Object.keys(changed).length === 0) return;
    this.#state = { ...this.#state, ...changed };
    this.#send("update", packState(changed));
  }

  /** Sends values again although they did not change, as after changing an object inside the state. */
  resend(...names: (keyof S & string)[]): void {
    const values = Object.fromEntries(names.map((name) => [name, this.#state[name]!]));
    this.#send("update", packState(values));
  }

  onChange(listener: ChangeListener<S>): void {
    this.#changeListeners.push(listener);
  }

  /** Hears messages that the view sends beside the state. */
  onMessage(listener: CustomListener): void {
    this.#customListeners.push(listener);
  }

  /** Sends the views a message beside the state. */
  send(content: JsonObject, buffers: readonly (ArrayBufferView | ArrayBuffer)[] = []): void {
    this.#comm.send({ method: "custom", content }, { buffers });
  }

  /** Removes the widget from every front end. */
  close(): void {
    unregister(this.id);
    this.#comm.close();
  }

  /** @internal The whole state as it travels. */
  pack(): PackedState {
    return packState({ ...this.#internal, ...this.#state });
  }

  [Symbol.for("Jupyter.display")](): JsonObject {
    return {
      "text/plain": `${this.#view}(${Object.keys(this.#state).join(", ")})`,
      ...this.#fallback?.(),
      "application/vnd.jupyter.widget-view+json": { version_major: 2, version_minor: 0, model_id: this.id },
    };
  }

  async #receive({ data, buffers }: CommMessage): Promise<void> {
    switch (data["method"]) {
      case "update": {
        const state = (data["state"] ?? {}) as JsonObject;
        const paths = (data["buffer_paths"] ?? []) as unknown as readonly BufferPath[];
        await this.#updated(unpackState(state, paths, buffers));
        break;
      }
      case "request_state":
        this.#send("update", this.pack());
        break;
      case "custom":
        for (const listener of this.#customListeners) {
          await listener((data["content"] ?? {}) as JsonObject, buffers);
        }
        break;
    }
  }

  async #updated(values: WidgetState): Promise<void> {
    const known = Object.entries(values).filter(([name]) => name in this.#state);
    if (known.length === 0) return;
    const changed = Object.fromEntries(known) as Partial<S> & Record<string, WidgetValue>;
    this.#state = { ...this.#state, ...changed };
    // Other front ends learn of it; the one that sent it learns that it arrived.
    this.#send("echo_update", packState(changed));
    for (const listener of this.#changeListeners) await listener(changed);
  }

  #send(method: "update" | "echo_update", { state, buffer_paths, buffers }: PackedState): void {
    this.#comm.send({ method, state, buffer_paths }, { buffers });
  }
}
