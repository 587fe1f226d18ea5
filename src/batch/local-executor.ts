import { spawn, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";

import { shardIndexVariable, type ExecutorOptions, type ShardExecutor, type ShardJob } from "./executor.js";
import { lastError, runShards, type WorkerEnd } from "./run-shards.js";
import { checkCounts, defaultWorkers } from "./worker-count.js";

export interface LocalExecutorOptions {
  /** Workers at a time. Default: one for two cores, since a worker itself decodes and scores in parallel. */
  readonly workers?: number;
  /** How often a shard is run whose worker fails or is killed, before it is given up. Default: 3. */
  readonly attempts?: number;
}

/** What a worker tells on its IPC channel. */
export interface WorkerMessage {
  readonly done: number;
}

/** Runs shards in processes on this machine. They end when this process does, however it ends. */
export function localProcesses(options: LocalExecutorOptions = {}): ShardExecutor {
  const { workers = defaultWorkers(), attempts = 3 } = options;
  checkCounts("localProcesses", { workers, attempts });
  return {
    name: `${workers} local process${workers === 1 ? "" : "es"}`,
    run: (job, executorOptions) =>
      runShards(job, executorOptions, {
        workers,
        attempts,
        runWorker: (shard, workerOptions) => runWorker(job, shard, workerOptions),
      }),
  };
}

function runWorker(job: ShardJob, shard: number, options: ExecutorOptions): Promise<WorkerEnd> {
  const { signal, onShardProgress } = options;
  const script = fileURLToPath(new URL("../cli/main.js", import.meta.url));
  return new Promise((resolve, reject) => {
    // The channel is also how a worker notices that this process has died.
    const child: ChildProcess = spawn(process.execPath, [script, ...job.command(job.folder, job.images)], {
      env: { ...process.env, [shardIndexVariable]: String(shard) },
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    const stop = (): void => {
      child.kill("SIGTERM");
    };
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
    let said = "";
    child.stderr!.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-4000)));
    child.on("message", ({ done }: WorkerMessage) => {
      onShardProgress(shard, done);
    });
    child.once("error", reject);
    child.once("close", (code, endSignal) => {
      signal.removeEventListener("abort", stop);
      const how = code === null ? `was ended by ${String(endSignal)}` : `ended with exit code ${code}`;
      resolve({ code, reason: lastError(said) || `its worker ${how}` });
    });
  });
}
