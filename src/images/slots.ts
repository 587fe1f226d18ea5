/** So many tasks wait when those at hand no longer keep up with what comes. */
const crowd = 2;

/**
 * Lets so many tasks run at once; the others wait in order.
 *
 * In a crowd up to `inCrowd` may run, so that one that takes long is not in the way of all others. Default: no more than else.
 */
export class Slots {
  readonly #count: number;
  readonly #inCrowd: number;
  readonly #waiting: (() => void)[] = [];
  #busy = 0;

  constructor(count: number, { inCrowd = count }: { readonly inCrowd?: number } = {}) {
    this.#count = count;
    this.#inCrowd = inCrowd;
  }

  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#busy < this.#count) this.#busy++;
    else {
      await new Promise<void>((begin) => {
        this.#waiting.push(begin);
        this.#beginWaiting();
      });
    }
    try {
      return await task();
    } finally {
      this.#busy--;
      this.#beginWaiting();
    }
  }

  #beginWaiting(): void {
    while (this.#waiting.length > 0 && this.#busy < this.#limit) {
      this.#busy++;
      this.#waiting.shift()!();
    }
  }

  get #limit(): number {
    return this.#waiting.length >= crowd ? this.#inCrowd : this.#count;
  }
}
