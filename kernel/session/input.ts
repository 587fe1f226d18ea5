import type { MessagePort } from "node:worker_threads";
import { receiveMessageOnPort } from "node:worker_threads";

import type { RequestContext } from "../evaluation/context.js";
import { KeyboardInterrupt, currentContext } from "../evaluation/context.js";
import { Shared } from "../transport/protocol.js";
import type { IncomingMessage } from "../wire/message.js";
import type { Publisher } from "./publisher.js";

/** How often a blocked `prompt` looks whether it was interrupted. */
const LOOK_MS = 100;

const REFUSED = "this front end does not take questions (allow_stdin is off), so nobody can answer.";

/** Asks the front end for input, blocking this thread: the answers come over a port of their own. */
export class Input {
  readonly #publisher: Publisher;
  readonly #shared: Int32Array;
  readonly #port: MessagePort;

  readonly #fallback: () => RequestContext | undefined;

  constructor(parts: {
    publisher: Publisher;
    shared: Int32Array;
    port: MessagePort;
    /** The request on whose behalf code asks that no request's context reaches. */
    fallback: () => RequestContext | undefined;
  }) {
    this.#fallback = parts.fallback;
    this.#publisher = parts.publisher;
    this.#shared = parts.shared;
    this.#port = parts.port;
  }

  /** Asks for a line without blocking; rejects when the front end does not take questions. */
  async line(): Promise<string> {
    const context = currentContext() ?? this.#fallback();
    if (context?.options.allowStdin !== true) throw new Error(REFUSED);
    this.#publisher.askInput(context, "", false);
    return new Promise((resolve) => {
      this.#port.ref();
      this.#port.once("message", (message: IncomingMessage) => {
        this.#port.unref();
        resolve(valueOf(message));
      });
    });
  }

  /**
   * Asks the front end whose request is running.
   *
   * @throws Error when that front end does not take questions; {@link KeyboardInterrupt} when the user interrupts.
   */
  prompt(text: string, password: boolean): string {
    const context = currentContext();
    if (context?.options.allowStdin !== true) {
      throw new Error(
        "prompt: this front end does not take questions (allow_stdin is off), so nobody can answer.",
      );
    }
    // Answers to questions that were interrupted are nobody's any more.
    while (receiveMessageOnPort(this.#port) !== undefined);
    this.#publisher.askInput(context, text, password);
    for (;;) {
      const before = Atomics.load(this.#shared, Shared.inputs);
      const received = receiveMessageOnPort(this.#port) as { message: IncomingMessage } | undefined;
      if (received !== undefined) {
        return valueOf(received.message);
      }
      if (
        Atomics.load(this.#shared, Shared.interruptAsked) > Atomics.load(this.#shared, Shared.interruptSeen)
      ) {
        throw new KeyboardInterrupt();
      }
      Atomics.wait(this.#shared, Shared.inputs, before, LOOK_MS);
    }
  }
}

function valueOf(message: IncomingMessage): string {
  const { value } = message.content;
  return typeof value === "string" ? value : "";
}
