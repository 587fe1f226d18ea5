import { ScoringError } from "./errors.js";
import type { RawScores, ScoreInput } from "./inference-messages.js";

/** One image's scores, and where its time went. */
export interface PooledScores extends RawScores {
  /** From the image's arrival until a process began with it. */
  readonly queueMs: number;
}

export interface ScoreOptions {
  /** When the answer is of no more use, on the clock of `performance.now()`. */
  readonly deadlineAt: number;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

interface Settle {
  resolve(scores: PooledScores): void;
  reject(error: Error): void;
}

/** One image on its way through the pool. It is settled once: scored, refused, or given up by whoever asked. */
export class ScoringJob {
  readonly result: Promise<PooledScores>;
  readonly #arrivedAt = performance.now();
  #begunAt = 0;
  #crashes = 0;
  #settle: Settle | undefined;
  readonly #release: () => void;
  readonly #halfTimeAt: number;

  constructor(
    readonly id: number,
    readonly input: ScoreInput,
    { deadlineAt, signal }: ScoreOptions,
    onGivenUp: (job: ScoringJob) => void,
  ) {
    this.result = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    this.#halfTimeAt = (this.#arrivedAt + deadlineAt) / 2;
    const giveUp = (error: ScoringError): void => {
      if (this.reject(error)) onGivenUp(this);
    };
    const left = (): void => {
      giveUp(new ScoringError(499, "client_left", "The client closed the connection."));
    };
    const timer = setTimeout(() => {
      const message = "The image was not scored in time: the server is busy, try again shortly.";
      giveUp(new ScoringError(504, "deadline_exceeded", message, 1));
    }, deadlineAt - performance.now());
    signal.addEventListener("abort", left, { once: true });
    this.#release = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", left);
    };
  }

  get isSettled(): boolean {
    return this.#settle === undefined;
  }

  /** Whether more than half of the time until its deadline is over. */
  get isLate(): boolean {
    return performance.now() > this.#halfTimeAt;
  }

  /** How many processes ended while they worked on it; from the first on it gets a process to itself. */
  get crashes(): number {
    return this.#crashes;
  }

  /** Notes that a process has begun with it. */
  begun(): void {
    this.#begunAt = performance.now();
  }

  /** Notes that a process ended while it worked on this image. */
  crashed(): void {
    this.#crashes++;
  }

  resolve(scores: RawScores): void {
    const settle = this.#end();
    settle?.resolve({ ...scores, queueMs: this.#begunAt - this.#arrivedAt });
  }

  /** @returns Whether it was still open. */
  reject(error: Error): boolean {
    const settle = this.#end();
    settle?.reject(error);
    return settle !== undefined;
  }

  #end(): Settle | undefined {
    const settle = this.#settle;
    this.#settle = undefined;
    if (settle) this.#release();
    return settle;
  }
}
