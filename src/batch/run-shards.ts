import { workerExitCodes, type ExecutorOptions, type ShardFailure, type ShardJob } from "./executor.js";

/** How a worker ended. */
export interface WorkerEnd {
  /** Its exit code; `null` when it was killed. */
  readonly code: number | null;
  /** For a person, when it did not finish its shard: what it said last, or how it ended. */
  readonly reason: string;
}

export interface ShardRunner {
  /** Workers at a time. */
  readonly workers: number;
  /** How often a shard is run before it is given up. */
  readonly attempts: number;
  /**
   * Runs a worker to its end; when the signal aborts, ends it.
   *
   * @throws Only what concerns all workers, such as a daemon that is gone: it ends the run.
   */
  readonly runWorker: (shard: number, options: ExecutorOptions) => Promise<WorkerEnd>;
}

/** Runs the pending shards of a job, several at a time, each again when its worker fails, by the contract of exit codes. */
export async function runShards(
  job: ShardJob,
  options: ExecutorOptions,
  { workers, attempts, runWorker }: ShardRunner,
): Promise<readonly ShardFailure[]> {
  const failures: ShardFailure[] = [];
  const queue = [...job.pending];
  const broken = new AbortController();
  const signal = AbortSignal.any([options.signal, broken.signal]);
  const isEnded = (): boolean => signal.aborted;

  /** @returns Why the shard was given up, or nothing. */
  const runShard = async (shard: number): Promise<string> => {
    let reason = "";
    for (let attempt = 1; attempt <= attempts && !isEnded(); attempt++) {
      const end = await runWorker(shard, { ...options, signal });
      if (end.code === workerExitCodes.finished) return "";
      reason = end.reason;
      if (end.code === workerExitCodes.hopeless) return reason;
      options.onShardProgress(shard, 0);
    }
    return attempts === 1 ? reason : `${reason} (${attempts} attempts)`;
  };

  const work = async (): Promise<void> => {
    try {
      for (let shard = queue.shift(); shard !== undefined && !isEnded(); shard = queue.shift()) {
        const reason = await runShard(shard);
        if (reason === "") options.onShardFinished(shard);
        else if (!isEnded()) failures.push({ shard, reason });
      }
    } catch (error) {
      broken.abort();
      throw error;
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: Math.min(workers, queue.length) }, work));
  for (const end of ends) if (end.status === "rejected") throw end.reason;
  return failures.sort((a, b) => a.shard - b.shard);
}

/** The last line that names an error, of what a worker or Node itself wrote, without its full stop; may be empty. */
export function lastError(text: string): string {
  const line = text.split("\n").findLast((candidate) => /^(error: |\w*Error\b)/.test(candidate));
  return (line ?? "")
    .replace(/^error: /, "")
    .trim()
    .replace(/\.$/, "");
}
