import process from "node:process";

import { ArgumentError, CancelledError, FileError } from "../errors.js";
import { workerExitCodes } from "./executor.js";
import type { WorkerMessage } from "./local-executor.js";
import { shardOf } from "./shard-list.js";
import { runShard } from "./shard.js";

/**
 * A worker process: does the shard that its environment names and tells by its exit code how it went.
 *
 * @param images - Where the images are, when not where the run was made.
 * @returns The exit code; one line about the shard, or about what went wrong, is on standard error.
 */
export async function runWorker(folder: string, images: string | undefined): Promise<number> {
  const stop = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.once(signal, () => {
      stop.abort();
    });
  }
  // A local executor that was killed cannot end its workers: the broken channel does.
  process.once("disconnect", () => {
    process.exit(workerExitCodes.interrupted);
  });
  try {
    const shard = shardOf(process.env);
    const { seconds, problems, ...summary } = await runShard(folder, shard, {
      images,
      signal: stop.signal,
      onProgress: ({ done }) => process.send?.({ done } satisfies WorkerMessage),
    });
    const unreadable = problems.length > 0 ? `, ${problems.length} could not be read` : "";
    process.stderr.write(
      `shard ${shard}: ${summary.images} images in ${seconds.toFixed(1)} s${unreadable}\n`,
    );
    return workerExitCodes.finished;
  } catch (error) {
    if (stop.signal.aborted) return workerExitCodes.interrupted;
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`error: ${message.replaceAll("\n", " ")}\n`);
    if (error instanceof CancelledError) return workerExitCodes.interrupted;
    return isHopeless(error) ? workerExitCodes.hopeless : workerExitCodes.failed;
  } finally {
    process.removeAllListeners("disconnect");
    if (process.connected) process.disconnect();
  }
}

/** What a file holds does not change by trying again; what the system said of it may. */
function isHopeless(error: unknown): boolean {
  return error instanceof ArgumentError || (error instanceof FileError && error.cause === undefined);
}
