import { randomUUID } from "node:crypto";

import { currentContext } from "../evaluation/context.js";
import type { IncomingMessage, JsonObject } from "../wire/message.js";
import type { Publisher } from "./publisher.js";

/** What travels with a comm message besides its data. */
export interface CommExtras {
  readonly metadata?: JsonObject;
  /** Binary buffers, sent as they are. */
  readonly buffers?: readonly (ArrayBufferView | ArrayBuffer)[];
}

/** A comm message from the front end. */
export interface CommMessage {
  readonly data: JsonObject;
  readonly metadata: JsonObject;
  readonly buffers: readonly Uint8Array[];
}

/** Called with each message; the kernel counts as busy with it until a promise it returns settles. */
export type CommListener = (message: CommMessage) => unknown;

/** Called when the front end opens a comm to a registered target. */
export type CommTarget = (comm: Comm, message: CommMessage) => unknown;

/** One open line between this kernel and its front ends. */
export class Comm {
  readonly #send: (type: string, content: JsonObject, extras: CommExtras) => void;
  readonly #messageListeners: CommListener[] = [];
  readonly #closeListeners: CommListener[] = [];
  #open = true;

  /** @internal Use `jupyter.comms.open`. */
  constructor(
    /** The id that both sides know the comm by. */
    readonly id: string,
    readonly targetName: string,
    send: (type: string, content: JsonObject, extras: CommExtras) => void,
  ) {
    this.#send = send;
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /** Sends data to the front end's side. */
  send(data: JsonObject = {}, extras: CommExtras = {}): void {
    if (!this.#open) throw new Error(`Comm.send: the comm ${this.id} is closed.`);
    this.#send("comm_msg", { comm_id: this.id, data }, extras);
  }

  /** Ends the comm on both sides; closing a closed one does nothing. */
  close(data: JsonObject = {}, extras: CommExtras = {}): void {
    if (!this.#open) return;
    this.#open = false;
    this.#send("comm_close", { comm_id: this.id, data }, extras);
  }

  onMessage(listener: CommListener): void {
    this.#messageListeners.push(listener);
  }

  /** Called when the front end closes the comm; not when this side does. */
  onClose(listener: CommListener): void {
    this.#closeListeners.push(listener);
  }

  /** @internal */
  async receive(message: CommMessage): Promise<void> {
    for (const listener of this.#messageListeners) await listener(message);
  }

  /** @internal */
  async receiveClose(message: CommMessage): Promise<void> {
    this.#open = false;
    for (const listener of this.#closeListeners) await listener(message);
  }
}

/** The comms of a kernel, `jupyter.comms` in a cell. */
export class Comms {
  readonly #publisher: Publisher;
  readonly #targets = new Map<string, CommTarget>();
  readonly #comms = new Map<string, Comm>();

  constructor(publisher: Publisher) {
    this.#publisher = publisher;
  }

  /** Says what happens when the front end opens a comm to `name`; a second registration replaces the first. */
  registerTarget(name: string, target: CommTarget): void {
    this.#targets.set(name, target);
  }

  unregisterTarget(name: string): void {
    this.#targets.delete(name);
  }

  /** Opens a comm to a target of the front end. */
  open(name: string, options: CommExtras & { readonly data?: JsonObject; readonly id?: string } = {}): Comm {
    const { data = {}, id = randomUUID().replaceAll("-", ""), ...extras } = options;
    const comm = this.#create(id, name);
    this.#publish("comm_open", { comm_id: id, target_name: name, data }, extras);
    return comm;
  }

  /** The open comm with this id. */
  get(id: string): Comm | undefined {
    return this.#comms.get(id);
  }

  /** @internal What `comm_info_request` asks for. */
  info(target: unknown): JsonObject {
    const comms: Record<string, JsonObject> = {};
    for (const comm of this.#comms.values()) {
      if (typeof target !== "string" || target === comm.targetName) {
        comms[comm.id] = { target_name: comm.targetName };
      }
    }
    return { status: "ok", comms };
  }

  /** @internal Takes a comm message of the front end. */
  async receive(message: IncomingMessage): Promise<void> {
    const { comm_id: id, target_name: name, data } = message.content;
    if (typeof id !== "string") return;
    const received: CommMessage = {
      data: (data ?? {}) as JsonObject,
      metadata: message.metadata,
      buffers: message.buffers,
    };
    if (message.header.msg_type === "comm_open")
      await this.#opened(id, typeof name === "string" ? name : "", received);
    else if (message.header.msg_type === "comm_msg") await this.#comms.get(id)?.receive(received);
    else {
      const comm = this.#comms.get(id);
      this.#comms.delete(id);
      await comm?.receiveClose(received);
    }
  }

  async #opened(id: string, name: string, message: CommMessage): Promise<void> {
    const target = this.#targets.get(name);
    const comm = this.#create(id, name);
    if (target === undefined) {
      comm.close();
      return;
    }
    try {
      await target(comm, message);
    } catch (error) {
      comm.close();
      throw error;
    }
  }

  #create(id: string, name: string): Comm {
    const comm = new Comm(id, name, (type, content, extras) => {
      if (type === "comm_close") this.#comms.delete(id);
      this.#publish(type, content, extras);
    });
    this.#comms.set(id, comm);
    return comm;
  }

  #publish(type: string, content: JsonObject, { metadata = {}, buffers = [] }: CommExtras): void {
    this.#publisher.publish(type, content, currentContext()?.parent ?? {}, {
      metadata,
      buffers: buffers.map(bytesOf),
    });
  }
}

function bytesOf(buffer: ArrayBufferView | ArrayBuffer): Uint8Array {
  // A copy: the sender may go on writing to its own memory before the transport thread has sent it.
  return ArrayBuffer.isView(buffer)
    ? Uint8Array.from(new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength))
    : new Uint8Array(buffer.slice(0));
}
