import { AsyncLocalStorage } from "node:async_hooks";

import type { Header } from "../wire/message.js";
import { Waits } from "./waits.js";

/** What ends a cell that the user interrupts; the name is the one that Jupyter's tools know. */
export class KeyboardInterrupt extends Error {
  override readonly name = "KeyboardInterrupt";
  /** Set once the cell's code had to be stopped from outside: what it was in the middle of never settles. */
  declare halted?: true;

  constructor() {
    super("The cell was interrupted.");
    // Where it is made says nothing to the user, whose code was elsewhere.
    this.stack = `KeyboardInterrupt: ${this.message}`;
  }
}

/**
 * One request being handled: a cell, or a comm message. It travels with everything the request starts, through promises and
 * timers, so that what they print much later still lands below the right cell.
 */
export class RequestContext {
  /** What awaits something on behalf of this request; each is told of an interrupt. */
  readonly waits = new Waits();
  /** Displays whose MIME bundle is still being made; the request is not over before them. */
  readonly pending = new Set<Promise<void>>();
  readonly #abort = new AbortController();
  readonly #terminated = new AbortController();
  #abandoned = false;

  constructor(
    /** Number within the session; unique, unlike execution counts. */
    readonly id: number,
    readonly parent: Partial<Header>,
    readonly options: {
      readonly identities?: readonly Uint8Array[];
      readonly allowStdin?: boolean;
      readonly silent?: boolean;
    } = {},
  ) {}

  /** Aborts when the user interrupts the request; the reason is a {@link KeyboardInterrupt}. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Aborts when the request's code was terminated from outside, after which it may never settle. */
  get terminated(): AbortSignal {
    return this.#terminated.signal;
  }

  /** Whether the request was answered although its code still awaited something. */
  get abandoned(): boolean {
    return this.#abandoned;
  }

  /** Keeps the request's code from running on. */
  abandon(): void {
    this.#abandoned = true;
    this.waits.halt();
  }

  terminate(): void {
    if (this.signal.reason instanceof KeyboardInterrupt) this.signal.reason.halted = true;
    this.#terminated.abort();
  }

  interrupt(): void {
    const reason = new KeyboardInterrupt();
    this.#abort.abort(reason);
    this.waits.reject(reason);
  }
}

const storage = new AsyncLocalStorage<RequestContext>();

/** The request on whose behalf the current code runs, if any. */
export function currentContext(): RequestContext | undefined {
  return storage.getStore();
}

/** Runs `action` on behalf of a request. */
export function runInContext<T>(context: RequestContext, action: () => T): T {
  return storage.run(context, action);
}

/** Up to Node 22, contexts are followed by hooks before and after each callback. */
interface FollowedByHooks {
  _enable?(): void;
}

/**
 * Stops following contexts from callback to callback, until {@link resumeContexts}. Node's bookkeeping does not survive a
 * termination between the hooks, which is where a loop of awaits spends its time.
 */
export function suspendContexts(): void {
  if ((storage as FollowedByHooks)._enable !== undefined) storage.disable();
}

export function resumeContexts(): void {
  (storage as FollowedByHooks)._enable?.();
}

/**
 * Where libraries find the `AbortSignal` of the cell on whose behalf they were called, without importing the kernel:
 * `globalThis[Symbol.for("Jupyter.interruptSignal")]`, `undefined` outside any cell. Read it when the call begins.
 */
export function exposeInterruptSignal(): void {
  Object.defineProperty(globalThis, Symbol.for("Jupyter.interruptSignal"), {
    get: () => currentContext()?.signal,
    configurable: true,
    enumerable: false,
  });
}
