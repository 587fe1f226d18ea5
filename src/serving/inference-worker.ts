import { ScoringError } from "./errors.js";
import { startInferenceChild, type InferenceAnswer, type InferenceChild } from "./inference-child.js";
import type { InferenceStart } from "./inference-messages.js";
import type { ScoringJob } from "./scoring-job.js";

export interface WorkerOptions extends InferenceStart {
  /** How long an image may be in a process before the process counts as hung and is killed. */
  readonly hangTimeoutMs: number;
}

export interface WorkerEvents {
  /** A job is done or a process is back: there is room. */
  readonly onRoom: () => void;
  /** The process died; these images were in it and are still wanted. */
  readonly onOrphans: (jobs: readonly ScoringJob[]) => void;
  readonly onCrash: (reason: string) => void;
}

interface Running {
  readonly job: ScoringJob;
  /** Whether the process has begun with it: one that was dead already is not the image's fault. */
  hasBegun: boolean;
  readonly hangTimer: NodeJS.Timeout;
}

const shortestBackoffMs = 50;
const longestBackoffMs = 10_000;
/** A process that lived this long did not die of its start. */
const healthyAfterMs = 30_000;

/** A place for an inference process, filled again when the process dies. */
export class InferenceWorker {
  readonly #options: WorkerOptions;
  readonly #events: WorkerEvents;
  readonly #running = new Map<number, Running>();
  #child: InferenceChild | undefined;
  #startedAt = 0;
  #crashesInARow = 0;
  #restartTimer: NodeJS.Timeout | undefined;
  #ended = false;

  private constructor(options: WorkerOptions, events: WorkerEvents) {
    this.#options = options;
    this.#events = events;
  }

  /** @throws {@link SightbookError} when the process cannot serve the bundle. */
  static async start(options: WorkerOptions, events: WorkerEvents): Promise<InferenceWorker> {
    const worker = new InferenceWorker(options, events);
    await worker.#open();
    return worker;
  }

  /** The process's id; `undefined` while it is being started again. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Images that it decodes or scores. */
  get load(): number {
    return this.#running.size;
  }

  /** Whether it may take an image now: at most `most` at a time, and none beside one that is tried again. */
  hasRoom(most: number): boolean {
    if (this.#child === undefined || this.#running.size >= most) return false;
    return [...this.#running.values()].every(({ job }) => job.crashes === 0);
  }

  take(job: ScoringJob): void {
    const hangTimer = setTimeout(() => this.#child?.kill(), this.#options.hangTimeoutMs);
    this.#running.set(job.id, { job, hasBegun: false, hangTimer });
    this.#child!.send({ kind: "score", id: job.id, input: job.input });
  }

  /** Tells the process that nobody waits for the image any more. */
  drop(job: ScoringJob): void {
    if (this.#running.has(job.id)) this.#child?.send({ kind: "drop", id: job.id });
  }

  /** Ends the process and does not start another. */
  end(): void {
    this.#ended = true;
    clearTimeout(this.#restartTimer);
    this.#child?.kill();
  }

  async #open(): Promise<void> {
    const { files, threads, maxBatch, limitInputPixels, decodeTimeoutMs, measuresImages } = this.#options;
    const start: InferenceStart = {
      files,
      threads,
      maxBatch,
      limitInputPixels,
      decodeTimeoutMs,
      measuresImages,
    };
    this.#child = await startInferenceChild(start, {
      onAnswer: (answer) => {
        this.#settle(answer);
      },
      onExit: (reason) => {
        this.#replace(reason);
      },
    });
    this.#startedAt = performance.now();
    if (this.#ended) this.#child.kill();
  }

  #settle(answer: InferenceAnswer): void {
    const running = this.#running.get(answer.id);
    if (running === undefined) return;
    if (answer.kind === "begun") {
      running.hasBegun = true;
      running.job.begun();
      return;
    }
    if (answer.kind === "late") {
      // It keeps its place: the process is that busy, and counts as hung when this does not end.
      const message = `image: decoding it takes longer than ${this.#options.decodeTimeoutMs} ms. Send a smaller one.`;
      running.job.reject(new ScoringError(422, "unreadable_image", message));
      return;
    }
    this.#running.delete(answer.id);
    clearTimeout(running.hangTimer);
    const { job } = running;
    if (answer.kind === "scored") job.resolve(answer.scores);
    else if (answer.kind === "unreadable") {
      job.reject(new ScoringError(422, "unreadable_image", answer.message));
    } else job.reject(new ScoringError(500, "inference_failed", `Inference failed: ${answer.message}`));
    this.#events.onRoom();
  }

  #replace(reason: string): void {
    this.#child = undefined;
    const jobs = [...this.#running.values()].map(({ job, hasBegun, hangTimer }) => {
      clearTimeout(hangTimer);
      if (hasBegun) job.crashed();
      return job;
    });
    this.#running.clear();
    if (this.#ended) {
      for (const job of jobs) job.reject(new ScoringError(503, "draining", "The server was stopped."));
      this.#events.onRoom();
      return;
    }
    this.#crashesInARow = performance.now() - this.#startedAt > healthyAfterMs ? 0 : this.#crashesInARow + 1;
    this.#events.onCrash(reason);
    this.#events.onOrphans(jobs.filter((job) => !job.isSettled));
    this.#scheduleRestart();
  }

  #scheduleRestart(): void {
    const backoffMs = Math.min(longestBackoffMs, shortestBackoffMs * 2 ** Math.min(this.#crashesInARow, 20));
    this.#restartTimer = setTimeout(() => {
      this.#open().then(
        () => {
          this.#events.onRoom();
        },
        (error: unknown) => {
          if (this.#ended) return;
          this.#crashesInARow++;
          this.#events.onCrash(`an inference process could not be started: ${(error as Error).message}`);
          this.#scheduleRestart();
        },
      );
    }, backoffMs);
  }
}
