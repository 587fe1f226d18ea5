import { Session } from "node:inspector";
import { setTimeout } from "node:timers";

import { Shared } from "./protocol.js";

/**
 * How long the main thread has to notice an interrupt by itself before its running code is stopped from outside. Long enough
 * for what a library does between two awaits, on a loaded machine too: code that is stopped half-way never settles its
 * promises, and a training that was told instead keeps what it has learned.
 */
const NOTICE_MS = 500;
/** How soon to look again at a thread that could not be terminated where it was. */
const RETRY_MS = 20;

/**
 * Stops synchronous code on the main thread.
 *
 * V8 can terminate running JavaScript from another thread, but Node's bookkeeping of asynchronous contexts does not survive a
 * termination inside a timer or after an `await`: the process aborts. So that bookkeeping is unwound first, by an evaluation
 * that V8 runs nested in the busy code. It answers whether there is busy code at all: a thread that was only slow to look at
 * its messages must not be terminated, since what died would be the code that looks at them.
 */
export class Interrupter {
  readonly #shared: Int32Array;
  /** The last interrupt while one is being enforced: one at a time, or a hail of them would keep the main thread from its messages. */
  #asked: { readonly token: number; readonly tell: () => void } | undefined;

  constructor(shared: Int32Array) {
    this.#shared = shared;
  }

  /**
   * Sees to it that the main thread takes note of the interrupt `token`, which is higher than those before.
   *
   * @param tell - Sends the main thread the interrupt, again if need be: a termination may have hit the code that received it.
   */
  enforce(token: number, tell: () => void): void {
    const isUnderWay = this.#asked !== undefined;
    this.#asked = { token, tell };
    if (!isUnderWay) void this.#enforce(token);
  }

  async #enforce(first: number): Promise<void> {
    let session: Session | undefined;
    let token = first;
    for (let waitMs = NOTICE_MS; ;) {
      await new Promise((resolve) => setTimeout(resolve, waitMs));
      if (this.#isSeen(this.#asked!.token)) break;
      if (this.#isSeen(token)) {
        // What came meanwhile has a time of its own.
        token = this.#asked!.token;
        waitMs = NOTICE_MS;
        continue;
      }
      if (session === undefined) {
        session = new Session();
        session.connectToMainThread();
      }
      const terminated = await terminateBusyCode(session, token);
      if (terminated) this.#asked!.tell();
      waitMs = terminated ? NOTICE_MS : RETRY_MS;
    }
    session?.disconnect();
    this.#asked = undefined;
  }

  #isSeen(token: number): boolean {
    return Atomics.load(this.#shared, Shared.interruptSeen) >= token;
  }
}

function terminateBusyCode(session: Session, token: number): Promise<boolean> {
  return new Promise((resolve) => {
    session.post("Runtime.evaluate", { expression: `${PREPARE_TERMINATION}(${token})` }, (error, reply) => {
      if (error !== null || reply.result.value !== true) {
        resolve(false);
        return;
      }
      session.post("Runtime.terminateExecution", () => {
        resolve(true);
      });
    });
  });
}

/** The main thread's function that {@link Interrupter} calls through the inspector. */
export const PREPARE_TERMINATION = "globalThis[Symbol.for('sightbook.prepareTermination')]";
