import { suspendContexts } from "./context.js";
import { isForeignFrame, isInHook } from "./stack.js";

/** Thrown nowhere: what unwinding reports to the handlers of uncaught exceptions, which ignore it. */
export const UNWIND = new Error("unwind");

/**
 * Gives the transport thread a function to call through the inspector before it terminates this thread's code. V8 runs it
 * nested in whatever this thread is doing.
 *
 * @param isSeen - Whether the interrupt with this token has been noticed in the ordinary way.
 */
export function installTermination(isSeen: (token: number) => boolean): void {
  const prepare = (token: number): boolean => {
    if (isSeen(token) || !isBusy()) return false;
    unwindAsyncContexts();
    suspendContexts();
    return true;
  };
  Object.defineProperty(globalThis, Symbol.for("sightbook.prepareTermination"), { value: prepare });
}

/**
 * Whether code that is not the kernel's is on the stack below this call, other than in the middle of Node's bookkeeping of
 * asynchronous contexts.
 */
function isBusy(): boolean {
  const { stackTraceLimit } = Error;
  const before: unknown = Reflect.get(Error, "prepareStackTrace");
  try {
    Error.stackTraceLimit = Infinity;
    Error.prepareStackTrace = (_error, frames) => frames.some(isForeignFrame) && !isInHook(frames);
    const holder = {};
    Error.captureStackTrace(holder);
    return Reflect.get(holder, "stack") === true;
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
    Reflect.set(Error, "prepareStackTrace", before);
  }
}

/** Makes Node forget the asynchronous contexts on the stack, as it does when an exception reaches the top. */
function unwindAsyncContexts(): void {
  const { _fatalException } = process as unknown as {
    _fatalException: (error: Error, fromPromise: boolean) => boolean;
  };
  _fatalException.call(process, UNWIND, false);
}
