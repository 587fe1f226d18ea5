export interface TurnsOptions {
  /** Tasks that have a core each. */
  readonly cores: number;
  /** Most tasks side by side. */
  readonly most: number;
}

/** So many tasks wait when those at hand no longer keep up with what comes. */
const crowd = 2;

/**
 * Lets tasks begin in order, as many as there are cores: side by side on one core, all would end as late as the last. In a crowd more
 * begin, so that batches form, which are faster as a whole, and no task that takes long is in the way of all others.
 */
export class Turns {
  readonly #options: TurnsOptions;
  readonly #waiting: (() => void)[] = [];
  #busy = 0;

  constructor(options: TurnsOptions) {
    this.#options = options;
  }

  async run<T>(task: () => Promise<T>): Promise<T> {
    await new Promise<void>((begin) => {
      this.#waiting.push(begin);
      this.#beginSome();
    });
    try {
      return await task();
    } finally {
      this.#busy--;
      this.#beginSome();
    }
  }

  #beginSome(): void {
    const { cores, most } = this.#options;
    while (
      this.#waiting.length > 0 &&
      (this.#busy < cores || (this.#waiting.length >= crowd && this.#busy < most))
    ) {
      this.#busy++;
      this.#waiting.shift()!();
    }
  }
}
