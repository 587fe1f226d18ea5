import { CancelledError } from "../errors.js";

/** Pauses of long work on the main thread. */
export interface Rest {
  /** Whether the event loop has waited long enough. */
  isDue(): boolean;
  /** Hands the thread over once. @throws {@link CancelledError} when the work was cancelled meanwhile. */
  take(): Promise<void>;
}

const restAfterMs = 40;

/** Hands the thread over now and then, and stops the work when it is cancelled. */
export function makeRest(signal: AbortSignal | undefined): Rest {
  let last = performance.now();
  const stopIfCancelled = (): void => {
    if (signal?.aborted) throw new CancelledError("fit was cancelled; nothing was learned.");
  };
  stopIfCancelled();
  return {
    isDue: () => performance.now() - last > restAfterMs,
    take: async () => {
      await new Promise((resolve) => setImmediate(resolve));
      stopIfCancelled();
      last = performance.now();
    },
  };
}
