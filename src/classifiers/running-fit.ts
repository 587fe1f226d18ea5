import type { Engine } from "../engine/index.js";
import type { ProgressReporter } from "../training/index.js";

import { CancelledError } from "../errors.js";
import { interruptible, type Interruptible } from "../interrupt.js";

const POLL_MS = 100;
/** How long a fit whose notebook cell was stopped half-way may still take to end before it counts as lost. */
const LOST_MS = 5000;

/** A `fit` that has not returned yet. */
export class RunningFit {
  readonly #interrupt: Interruptible;
  readonly #ended: Promise<void>;
  /** What shows its progress, once it is there. */
  reporter: ProgressReporter | undefined;
  /** What trains, once it is there. */
  engine: Engine | undefined;
  /** Must be called when the fit has returned. */
  end: () => void = () => undefined;

  constructor(interrupt: Interruptible) {
    this.#interrupt = interrupt;
    this.#ended = new Promise((resolve) => {
      this.end = resolve;
    });
  }

  get isCancelled(): boolean {
    return this.#interrupt.signal.aborted;
  }

  /**
   * Waits for a cancelled fit, which still finishes its step and keeps its weights. An interrupt that had to stop its code in the
   * middle of something leaves nothing that would end it.
   *
   * @param where - Who waits, for the error.
   * @returns Whether it has ended; if not, it never will; its engine is disposed then, and its progress says so.
   * @throws {@link CancelledError} when the user interrupts the wait.
   */
  async hasEnded(where: string): Promise<boolean> {
    const waiting = interruptible();
    // Whoever asks from within the interrupted cell waits too.
    const interrupted = waiting.signal.aborted;
    try {
      for (let haltedMs = 0; haltedMs <= LOST_MS; haltedMs += this.#interrupt.wasHalted() ? POLL_MS : 0) {
        if (await this.#endsWithin(POLL_MS)) return true;
        if (waiting.signal.aborted && !interrupted) {
          throw new CancelledError(`${where}: cancelled while the fit before it was still ending.`);
        }
      }
    } finally {
      waiting.release();
    }
    this.reporter?.end?.({
      outcome: "failed",
      message: "Interrupted in the middle of a long computation: what it had learned is lost.",
      keptEpoch: 0,
    });
    this.reporter?.close();
    void this.engine?.dispose().catch(() => undefined);
    return false;
  }

  async #endsWithin(milliseconds: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<boolean>((resolve) => {
      timer = setTimeout(resolve, milliseconds, false);
    });
    try {
      return await Promise.race([this.#ended.then(() => true), late]);
    } finally {
      clearTimeout(timer);
    }
  }
}
