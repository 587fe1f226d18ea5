import { Buffer } from "node:buffer";
import type { RequestContext } from "../evaluation/context.js";
import { composeMessage } from "../wire/compose.js";
import type { Channel, Header, IncomingMessage, JsonObject, OutgoingMessage } from "../wire/message.js";

/** Where messages go: the transport thread, or a list in tests. */
export interface Outlet {
  send(channel: Channel, message: OutgoingMessage): void;
}

/** Sends the kernel's messages with the right parent. */
export class Publisher {
  readonly #outlet: Outlet;

  constructor(outlet: Outlet) {
    this.#outlet = outlet;
  }

  /** Publishes to every front end. */
  publish(
    type: string,
    content: JsonObject,
    parent: Partial<Header>,
    options: { readonly metadata?: JsonObject; readonly buffers?: readonly Uint8Array[] } = {},
  ): void {
    const topic = [Buffer.from(type)];
    this.#outlet.send("iopub", composeMessage(type, content, parent, { ...options, identities: topic }));
  }

  status(state: "busy" | "idle", parent: Partial<Header>): void {
    this.publish("status", { execution_state: state }, parent);
  }

  /** Answers the front end that asked. */
  reply(request: IncomingMessage, type: string, content: JsonObject, metadata?: JsonObject): void {
    const options = { identities: request.identities, ...(metadata === undefined ? {} : { metadata }) };
    this.#outlet.send("shell", composeMessage(type, content, request.header, options));
  }

  /** Asks the front end that sent a request for a line of input. */
  askInput(context: RequestContext, prompt: string, password: boolean): void {
    const identities = context.options.identities ?? [];
    const content = { prompt, password };
    this.#outlet.send("stdin", composeMessage("input_request", content, context.parent, { identities }));
  }
}
