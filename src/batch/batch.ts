import { readdir, rm } from "node:fs/promises";
import { join, resolve } from "node:path";

import { CancelledError, SightbookError } from "../errors.js";
import { interruptible } from "../interrupt.js";
import type { ShardExecutor, ShardJob } from "./executor.js";
import { localProcesses } from "./local-executor.js";
import { openRun, places, type BatchTask } from "./run-folder.js";
import { pendingShards } from "./shard.js";
import { mergeShards, type BatchSummary } from "./summary.js";
import { checkCounts } from "./worker-count.js";

export interface BatchOptions {
  /** The classifier's bundle, folder or `.zip`. The run keeps a copy. */
  readonly bundle: string;
  /** A folder of images at any depth; a text file with a path on each line; or paths. */
  readonly images: string | readonly string[];
  /** Folder of the run. When it holds an unfinished run of the same work, that goes on. */
  readonly output: string;
  /** Labels and scores of each image, or its features. Default: `"score"`. */
  readonly task?: BatchTask;
  /** Images in a shard, the unit that is lost when a worker is killed. Default: 1000. */
  readonly shardSize?: number;
  /** Images scored at once. Default: 32. */
  readonly batchSize?: number;
  /** Where the shards are run. Default: {@link localProcesses}. */
  readonly executor?: ShardExecutor;
  /** Ends the run; what is finished is kept. A notebook's stop button and Ctrl-C do the same. */
  readonly signal?: AbortSignal;
  /** Called when a worker tells how far it is, and when a shard is finished. */
  readonly onProgress?: (progress: BatchRunProgress) => void;
}

export interface BatchRunProgress {
  /** Images done, those of shards that were finished before included. */
  readonly done: number;
  readonly total: number;
  readonly finishedShards: number;
  readonly shards: number;
  /** What the executor does besides, or waits for, such as a node with room; empty otherwise. */
  readonly note: string;
}

/**
 * Scores or featurises any number of images, in shards that are run by processes here, by containers or by a cluster.
 *
 * The result is one Parquet file for each shard, `results/000000.parquet` and on, with a row for each image, also for those
 * that cannot be read; and `summary.json`. However often workers or the run itself are killed, called again with the same
 * options it goes on where it was, and no image is counted twice.
 *
 * @throws {@link CancelledError} when interrupted; {@link SightbookError} when shards were given up; {@link ArgumentError}
 *   when `output` holds another run. What was finished is kept each time.
 */
export async function batch(options: BatchOptions): Promise<BatchSummary> {
  const { bundle, images, task = "score", shardSize = 1000, batchSize = 32 } = options;
  const { executor = localProcesses(), onProgress } = options;
  checkCounts("batch", { shardSize, batchSize });
  const folder = resolve(options.output);
  const run = await openRun(folder, { bundle, images, task, shardSize, batchSize });
  const pending = await pendingShards(folder, run);
  const isPending = new Set(pending);
  const done = run.shards.map((range, shard) => (isPending.has(shard) ? 0 : range.images));
  let finishedShards = run.shards.length - pending.length;
  let note = "";
  const tell = (): void => {
    const sum = done.reduce((total, count) => total + count, 0);
    onProgress?.({ done: sum, total: run.images, finishedShards, shards: run.shards.length, note });
  };
  tell();
  if (pending.length > 0) {
    // That of an earlier end of the run, of which something was damaged since.
    await rm(places.summary(folder), { force: true });
    await removeLeftovers(folder);
    const interrupt = interruptible(options.signal);
    const job: ShardJob = {
      id: run.id,
      folder,
      images: run.imagesFolder,
      shards: run.shards.length,
      pending,
      command: (seenFolder, seenImages) => ["batch-worker", seenFolder, "--images", seenImages],
    };
    try {
      const failures = await executor.run(job, {
        signal: interrupt.signal,
        onShardProgress: (shard, count) => {
          done[shard] = count;
          tell();
        },
        onShardFinished: (shard) => {
          done[shard] = run.shards[shard]!.images;
          finishedShards++;
          tell();
        },
        onNote: (text) => {
          note = text;
          tell();
        },
      });
      await removeLeftovers(folder);
      const state = `${finishedShards} of ${run.shards.length} shards are finished and kept in ${folder}`;
      if (interrupt.signal.aborted) {
        throw new CancelledError(`batch: interrupted; ${state}. The same call goes on from there.`);
      }
      const [first] = failures;
      if (first !== undefined) {
        throw new SightbookError(
          `batch: ${failures.length} shard${failures.length === 1 ? " was" : "s were"} given up, ` +
            `the first (${first.shard}) because: ${first.reason}; ${state}. The same call tries them again.`,
        );
      }
    } finally {
      interrupt.release();
    }
  }
  return mergeShards(folder, run);
}

/** What killed workers left half written. */
async function removeLeftovers(folder: string): Promise<void> {
  for (const place of [places.results(folder), places.shards(folder)]) {
    for (const name of await readdir(place)) {
      if (name.startsWith(".") && name.endsWith(".tmp")) await rm(join(place, name), { force: true });
    }
  }
}
