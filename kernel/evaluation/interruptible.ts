import { currentContext } from "./context.js";

/**
 * What every `await` of a cell goes through: the promise, or the interruption of the cell.
 *
 * The promise is chained with the native resolving functions, which V8 follows when it collects an asynchronous stack trace.
 */
export function interruptible(value: unknown): unknown {
  const context = currentContext();
  if (context === undefined || !isThenable(value)) return value;
  if (context.abandoned) return new Promise(() => undefined);
  return new Promise((resolve, reject) => {
    value.then(resolve, reject);
    context.waits.add(resolve);
  });
}

/** The iterable of a `for await` loop, each of its steps interruptible. */
export function interruptibleEach(
  iterable: AsyncIterable<unknown> | Iterable<unknown>,
): AsyncIterable<unknown> {
  const iterator =
    Symbol.asyncIterator in iterable ? iterable[Symbol.asyncIterator]() : iterable[Symbol.iterator]();
  const sync = !(Symbol.asyncIterator in iterable);
  return {
    [Symbol.asyncIterator]: () => ({
      next: async () => {
        const step = (await interruptible(iterator.next())) as IteratorResult<unknown>;
        return sync && step.done !== true ? { done: false, value: await interruptible(step.value) } : step;
      },
      return: async (value?: unknown) => (await iterator.return?.(value)) ?? { done: true, value },
    }),
  };
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    ((typeof value === "object" && value !== null) || typeof value === "function") &&
    typeof (value as { then?: unknown }).then === "function"
  );
}
