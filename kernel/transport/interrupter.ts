import { Session } from "node:inspector";

import { Shared } from "./protocol.js";

/** How long the main thread has to notice an interrupt by itself before its running code is stopped from outside. */
const NOTICE_MS = 40;

/**
 * Stops synchronous code on the main thread.
 *
 * V8 can terminate running JavaScript from another thread, but Node's bookkeeping of asynchronous contexts does not survive a
 * termination inside a timer or after an `await`: the process aborts. So that bookkeeping is unwound first, by an evaluation
 * that V8 runs nested in the busy code (`PREPARE_TERMINATION`, which answers whether the interrupt is still unnoticed).
 */
export class Interrupter {
  readonly #shared: Int32Array;
  #session: Session | undefined;

  constructor(shared: Int32Array) {
    this.#shared = shared;
  }

  /** Waits for the main thread to notice the interrupt `token`; terminates what runs there if it does not. */
  async enforce(token: number): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, NOTICE_MS));
    if (this.#noticed(token)) return;
    const session = this.#connect();
    await new Promise<void>((resolve) => {
      session.post("Runtime.evaluate", { expression: `${PREPARE_TERMINATION}(${token})` }, (error, reply) => {
        if (error !== null || reply.result.value !== true) {
          resolve();
          return;
        }
        session.post("Runtime.terminateExecution", () => {
          resolve();
        });
      });
    });
    session.disconnect();
    this.#session = undefined;
  }

  #noticed(token: number): boolean {
    return Atomics.load(this.#shared, Shared.interruptSeen) >= token;
  }

  #connect(): Session {
    if (this.#session === undefined) {
      this.#session = new Session();
      this.#session.connectToMainThread();
    }
    return this.#session;
  }
}

/** The main thread's function that {@link Interrupter} calls through the inspector. */
export const PREPARE_TERMINATION = "globalThis[Symbol.for('sightbook.prepareTermination')]";
