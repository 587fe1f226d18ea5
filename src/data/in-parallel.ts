import { setImmediate } from "node:timers/promises";

import { CancelledError } from "../errors.js";

export interface ParallelOptions {
  /** How many at the same time. */
  readonly concurrency: number;
  readonly signal?: AbortSignal | undefined;
  /** Called after each item with how many are finished. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** How long tasks may keep the event loop. */
const turnMs = 10;

/**
 * Runs `task` for every item, a few at a time; results in the order of the items. After a failure nothing new is
 * begun, and it is thrown when what was under way has ended, so that nothing goes on behind the caller's back.
 */
export async function inParallel<Item, Result>(
  items: readonly Item[],
  { concurrency, signal, onProgress }: ParallelOptions,
  task: (item: Item, index: number) => Promise<Result>,
): Promise<Result[]> {
  const results = new Array<Result>(items.length);
  let next = 0;
  let hasFailed = false;
  let done = 0;
  let turnStart = performance.now();
  const work = async (): Promise<void> => {
    while (next < items.length && !hasFailed) {
      // Tasks that never wait would keep the event loop from everything else.
      if (performance.now() - turnStart > turnMs) {
        await setImmediate();
        turnStart = performance.now();
        continue; // others may have taken the last item meanwhile
      }
      throwIfCancelled(signal);
      const index = next++;
      results[index] = await task(items[index]!, index);
      onProgress?.(++done, items.length);
    }
  };
  const workers = Array.from({ length: Math.min(concurrency, items.length) }, async () => {
    try {
      await work();
    } catch (error) {
      hasFailed = true;
      throw error;
    }
  });
  const failure = (await Promise.allSettled(workers)).find(({ status }) => status === "rejected");
  if (failure?.status === "rejected") throw failure.reason;
  return results;
}

/** @throws {@link CancelledError} when the signal is aborted. */
export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new CancelledError("Reading the images was cancelled.");
}
