/** A signal that is aborted by the user's interrupt or by another signal. */
export interface Interruptible {
  readonly signal: AbortSignal;
  /**
   * Whether a notebook kernel had to stop the interrupted cell from outside, in the middle of a synchronous stretch of code:
   * what that code was part of never settles.
   */
  wasHalted(): boolean;
  /** Must be called when the work has ended. */
  release(): void;
}

/** Under this name a notebook kernel keeps the signal that aborts when the user stops the running cell. */
const cellSignal = Symbol.for("Jupyter.interruptSignal");

/** Aborts when the user stops the notebook cell on whose behalf this is called; `undefined` outside notebooks. */
export function cellInterrupt(): AbortSignal | undefined {
  const signal = (globalThis as { readonly [cellSignal]?: unknown })[cellSignal];
  return signal instanceof AbortSignal ? signal : undefined;
}

/**
 * Turns the user's interrupt into a cancellation while some work runs: Ctrl-C in a terminal, and the stop button of a
 * notebook.
 *
 * The first interrupt ends the work tidily, a second one does what it would have done without us.
 */
export function interruptible(outer?: AbortSignal): Interruptible {
  const controller = new AbortController();
  const abort = (): void => {
    controller.abort();
  };
  const signals = [outer, cellInterrupt()].filter((signal) => signal !== undefined);
  for (const signal of signals) {
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
  }
  process.once("SIGINT", abort);
  return {
    signal: controller.signal,
    wasHalted: () =>
      signals.some(({ reason }) => (reason as { readonly halted?: unknown } | undefined)?.halted === true),
    release: () => {
      for (const signal of signals) signal.removeEventListener("abort", abort);
      process.off("SIGINT", abort);
    },
  };
}
