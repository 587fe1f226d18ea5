type Resolve = (value: PromiseLike<never>) => void;

/** So many of the latest waits are held fast, even if what they wait for can no longer happen. */
const HELD = 64;
const FIRST_PRUNE = 1024;

/**
 * The awaits under way on behalf of a request, each to be ended should the user interrupt it.
 *
 * An await that has settled is not taken out: to learn of it, one would have to hang a second reaction on its promise, and
 * V8 follows only promises with a single one when it collects an asynchronous stack trace. So the resolving functions are
 * held weakly; a pending promise keeps its own alive.
 */
export class Waits {
  #weak: WeakRef<Resolve>[] = [];
  #pruneAt = FIRST_PRUNE;
  readonly #latest: Resolve[] = [];
  #next = 0;

  add(resolve: Resolve): void {
    this.#latest[this.#next] = resolve;
    this.#next = (this.#next + 1) % HELD;
    this.#weak.push(new WeakRef(resolve));
    if (this.#weak.length < this.#pruneAt) return;
    this.#weak = this.#weak.filter((reference) => reference.deref() !== undefined);
    this.#pruneAt = Math.max(FIRST_PRUNE, 2 * this.#weak.length);
  }

  /** Rejects them all; those that have settled take no notice. */
  reject(reason: Error): void {
    const rejected = Promise.reject(reason);
    rejected.catch(() => undefined);
    this.#resolveAll(rejected);
  }

  /** Sees to it that none of them ever settles. */
  halt(): void {
    this.#resolveAll(new Promise(() => undefined));
  }

  #resolveAll(value: Promise<never>): void {
    const references = this.#weak;
    this.#weak = [];
    this.#latest.length = 0;
    for (const reference of references) reference.deref()?.(value);
  }
}
