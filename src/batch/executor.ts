/**
 * How shards are run: the contract between those who have work in shards (batch runs; sweeps can use the same) and those who
 * run it (local processes, containers, a Kubernetes Indexed Job).
 *
 * A worker is `sightbook <command>` with its shard's index in the environment variable `JOB_COMPLETION_INDEX`, which
 * Kubernetes sets by itself ({@link shardListVariable} says how to run some shards alone). It finds all else in the run's folder, which must be the same storage for all workers. Its exit
 * code says how it ended ({@link workerExitCodes}); it may be killed at any moment and started again any number of times.
 */
export interface ShardJob {
  /** Names the run wherever executors leave something: 12 hexadecimal digits, kept in its folder. */
  readonly id: string;
  /** The run's folder, absolute, on the machine that asks. */
  readonly folder: string;
  /** A folder that workers read besides, such as that of the images; absolute. */
  readonly images: string;
  /** Number of shards; their indices are 0 to `shards - 1`. */
  readonly shards: number;
  /** Indices that are not finished. A finished shard may be run again: its worker ends at once. */
  readonly pending: readonly number[];
  /**
   * The arguments of `sightbook` that run a shard, given where the worker sees the two folders.
   *
   * @returns Such as `["batch-worker", "/run", "--images", "/images"]`.
   */
  command(folder: string, images: string): readonly string[];
}

/** A shard that was given up. */
export interface ShardFailure {
  readonly shard: number;
  /** What its worker said last, or how it ended. */
  readonly reason: string;
}

export interface ExecutorOptions {
  /** Ends the workers; their shards stay pending. */
  readonly signal: AbortSignal;
  /** A worker has done so many of its shard's images. */
  readonly onShardProgress: (shard: number, done: number) => void;
  /** A worker has finished its shard. */
  readonly onShardFinished: (shard: number) => void;
  /** What is being done, or waited for; empty when it is over. */
  readonly onNote: (note: string) => void;
}

/** Runs shards somewhere. */
export interface ShardExecutor {
  /** For people, such as `"2 local processes"`. */
  readonly name: string;
  /**
   * Runs the pending shards until each is finished or given up.
   *
   * @returns The shards that were given up; an interrupted one is not among them.
   */
  run(job: ShardJob, options: ExecutorOptions): Promise<readonly ShardFailure[]>;
}

export const workerExitCodes = {
  finished: 0,
  /** Something went wrong that may go right another time: run it again. */
  failed: 1,
  /** It can never be done as it is, such as with a damaged run folder: do not run it again. */
  hopeless: 2,
  /** Asked to end: the shard stays pending. */
  interrupted: 130,
} as const;

/** The environment variable that names a worker's shard. */
export const shardIndexVariable = "JOB_COMPLETION_INDEX";
/** When set, a list such as `"3,7-9"`: the index is a place in it, counted from 0. So may some shards be run alone. */
export const shardListVariable = "SIGHTBOOK_SHARDS";
