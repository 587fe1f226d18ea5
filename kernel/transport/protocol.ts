import type { Channel, Header, IncomingMessage, OutgoingMessage } from "../wire/message.js";

/**
 * What the two threads say to each other. The transport thread owns the sockets; the main thread evaluates cells and may be
 * busy for as long as a cell likes, so whatever must be answered meanwhile lives on the transport side.
 */

/** A request of the shell channel; `sequence` counts them in the order of arrival. */
export interface RequestMessage {
  readonly kind: "request";
  readonly sequence: number;
  readonly message: IncomingMessage;
}

/** Stop what runs, and abort the execute requests that arrived up to `sequence`. */
export interface InterruptMessage {
  readonly kind: "interrupt";
  readonly token: number;
  /** Sent again, with this set, once running code has been terminated: what it was in the middle of never ends by itself. */
  readonly terminated: boolean;
  readonly sequence: number;
}

/** End the process; exit handlers run if the main thread is free to run them. */
export interface ShutdownMessage {
  readonly kind: "shutdown";
}

export type ToMain = RequestMessage | InterruptMessage | ShutdownMessage;

/** Sends a message. */
export interface SendMessage {
  readonly kind: "send";
  readonly channel: Channel;
  readonly message: OutgoingMessage;
}

/** Sends printed text, joined with what comes right before and after. Its length was added to `pendingCharacters`. */
export interface StreamMessage {
  readonly kind: "stream";
  readonly name: "stdout" | "stderr";
  readonly text: string;
  readonly parent: Partial<Header>;
}

/** The main thread is ready for requests. */
export interface ReadyMessage {
  readonly kind: "ready";
}

/** Nothing runs on the main thread any more: the process may end. */
export interface ExitMessage {
  readonly kind: "exit";
}

export type ToTransport = SendMessage | StreamMessage | ReadyMessage | ExitMessage;

/** Places in the shared `Int32Array` that both threads read while the other is busy. */
export const Shared = {
  /** Sequence number of the last shell request received. */
  received: 0,
  /** Token of the last interrupt that was asked for. */
  interruptAsked: 1,
  /** Token of the last interrupt that the main thread took note of. */
  interruptSeen: 2,
  /** Printed characters handed to the transport thread and not yet sent. */
  pendingCharacters: 3,
  /** How many answers on the stdin channel have arrived. */
  inputs: 4,
  length: 5,
} as const;
