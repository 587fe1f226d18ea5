import { ScoringError } from "./errors.js";
import type { ScoreInput } from "./inference-messages.js";
import { InferenceWorker, type WorkerOptions } from "./inference-worker.js";
import { ScoringJob, type PooledScores, type ScoreOptions } from "./scoring-job.js";

export interface PoolOptions extends WorkerOptions {
  /** Inference processes. */
  readonly workers: number;
  /** Images that may wait beyond those that are being scored. */
  readonly maxWaiting: number;
  /** Told of every process that dies. */
  readonly onCrash?: (reason: string) => void;
}

/**
 * Inference processes that serve one bundle, and the images that wait for them.
 *
 * A process that dies is started again. The images it had are scored once more, each alone in a process: of an image
 * that takes its process down a second time its request is told so, and no other image suffers with it.
 */
export class InferencePool {
  readonly #options: PoolOptions;
  #workers: InferenceWorker[] = [];
  /** Those that finish what they have and then end. */
  readonly #retiring = new Set<InferenceWorker>();
  #queue: ScoringJob[] = [];
  #nextId = 0;
  #draining: (() => void) | undefined;

  private constructor(options: PoolOptions) {
    this.#options = options;
  }

  /** Starts the processes. @throws {@link SightbookError} when they cannot serve the bundle. */
  static async open(options: PoolOptions): Promise<InferencePool> {
    const pool = new InferencePool(options);
    await pool.scale(options.workers);
    return pool;
  }

  /** Images that wait for a process. */
  get waiting(): number {
    return this.#queue.length;
  }

  /** Images that are being decoded or scored. */
  get running(): number {
    return [...this.#workers, ...this.#retiring].reduce((total, { load }) => total + load, 0);
  }

  /** Places for processes. */
  get size(): number {
    return this.#workers.length;
  }

  /** Ids of the live processes. */
  get pids(): readonly number[] {
    return this.#workers.flatMap(({ pid }) => pid ?? []);
  }

  /**
   * How many more images would be accepted now. None while the one that has waited longest has waited half of its time: in
   * a queue as long as the deadline every image would be scored just too late, and nobody would be answered.
   */
  get room(): number {
    if (this.#queue[0]?.isLate === true) return 0;
    const { maxWaiting } = this.#options;
    return maxWaiting + this.#workers.length * this.#mostPerWorker - this.waiting - this.running;
  }

  /** Enough that a batch is decoded while another one runs. */
  get #mostPerWorker(): number {
    return 2 * this.#options.maxBatch;
  }

  /**
   * Scores one image.
   *
   * @throws {@link ScoringError} when the time is up, the image cannot be read, or inference failed.
   */
  score(input: ScoreInput, options: ScoreOptions): Promise<PooledScores> {
    const job = new ScoringJob(this.#nextId++, input, options, (given) => {
      this.#forget(given);
    });
    this.#queue.push(job);
    this.#dispatch();
    return job.result;
  }

  /** Changes the number of processes; those that are too many finish what they have. */
  async scale(workers: number): Promise<void> {
    for (const worker of this.#workers.splice(workers)) this.#retiring.add(worker);
    const missing = Array.from({ length: workers - this.#workers.length }, () => this.#startWorker());
    const started = await Promise.allSettled(missing);
    for (const result of started) if (result.status === "fulfilled") this.#workers.push(result.value);
    const failed = started.find((result) => result.status === "rejected");
    this.#dispatch();
    if (failed === undefined) return;
    if (this.waiting + this.running === 0) this.kill();
    throw failed.reason as Error;
  }

  /** Answers all that was accepted, then ends the processes. */
  async drain(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#draining = resolve;
      this.#dispatch();
    });
    this.kill();
  }

  /** Ends the processes at once; what is not answered is refused. */
  kill(): void {
    for (const worker of [...this.#workers, ...this.#retiring]) worker.end();
    for (const job of this.#queue) job.reject(new ScoringError(503, "draining", "The server was stopped."));
    this.#queue = [];
  }

  #startWorker(): Promise<InferenceWorker> {
    return InferenceWorker.start(this.#options, {
      onRoom: () => {
        this.#dispatch();
      },
      onOrphans: (jobs) => {
        this.#tryAgain(jobs);
      },
      onCrash: (reason) => this.#options.onCrash?.(reason),
    });
  }

  #tryAgain(jobs: readonly ScoringJob[]): void {
    const message = "Its inference process ended twice while it scored this image.";
    for (const job of jobs) {
      if (job.crashes > 1) job.reject(new ScoringError(500, "inference_failed", message));
    }
    this.#queue.unshift(...jobs.filter((job) => !job.isSettled));
    this.#dispatch();
  }

  #forget(job: ScoringJob): void {
    this.#queue = this.#queue.filter((other) => other !== job);
    for (const worker of [...this.#workers, ...this.#retiring]) worker.drop(job);
    this.#dispatch();
  }

  #dispatch(): void {
    for (const job of [...this.#queue]) {
      const most = job.crashes > 0 ? 1 : this.#mostPerWorker;
      const [worker] = this.#workers.filter((one) => one.hasRoom(most)).sort((a, b) => a.load - b.load);
      // In order: one that needs a process to itself is not overtaken, or it would never get one.
      if (worker === undefined) break;
      this.#queue.shift();
      worker.take(job);
    }
    for (const worker of this.#retiring) {
      if (worker.load > 0) continue;
      this.#retiring.delete(worker);
      worker.end();
    }
    if (this.waiting + this.running === 0) this.#draining?.();
  }
}
