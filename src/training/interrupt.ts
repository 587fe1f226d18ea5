/** A signal that is aborted by the user's interrupt or by another signal. */
export interface Interruptible {
  readonly signal: AbortSignal;
  /** Must be called when the work has ended. */
  release(): void;
}

/**
 * Turns the user's interrupt into a cancellation while some work runs: Ctrl-C in a terminal, and the stop button of
 * a notebook, whose kernel raises `SIGINT` in its own process.
 *
 * The first interrupt ends the work tidily, a second one does what it would have done without us.
 */
export function interruptible(outer?: AbortSignal): Interruptible {
  const controller = new AbortController();
  const abort = (): void => {
    controller.abort();
  };
  if (outer?.aborted) abort();
  outer?.addEventListener("abort", abort, { once: true });
  process.once("SIGINT", abort);
  return {
    signal: controller.signal,
    release: () => {
      outer?.removeEventListener("abort", abort);
      process.off("SIGINT", abort);
    },
  };
}
