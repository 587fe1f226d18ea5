import { spawn, type ChildProcess } from "node:child_process";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";

import { ArgumentError } from "../errors.js";
import {
  shardIndexVariable,
  workerExitCodes,
  type ExecutorOptions,
  type ShardExecutor,
  type ShardFailure,
  type ShardJob,
} from "./executor.js";

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
  const { workers = Math.max(1, Math.floor(availableParallelism() / 2)), attempts = 3 } = options;
  for (const [name, value] of Object.entries({ workers, attempts })) {
    if (!Number.isInteger(value) || value < 1) {
      throw new ArgumentError("localProcesses", name, "a whole number of at least 1", value);
    }
  }
  return {
    name: `${workers} local process${workers === 1 ? "" : "es"}`,
    run: (job, executorOptions) => runLocally(job, executorOptions, workers, attempts),
  };
}

async function runLocally(
  job: ShardJob,
  options: ExecutorOptions,
  workers: number,
  attempts: number,
): Promise<readonly ShardFailure[]> {
  const failures: ShardFailure[] = [];
  const queue = [...job.pending];
  const isInterrupted = (): boolean => options.signal.aborted;
  const work = async (): Promise<void> => {
    while (!isInterrupted()) {
      const shard = queue.shift();
      if (shard === undefined) return;
      const reason = await runWithAttempts(job, shard, options, attempts);
      if (reason === "") options.onShardFinished(shard);
      else if (!isInterrupted()) failures.push({ shard, reason });
    }
  };
  await Promise.all(Array.from({ length: Math.min(workers, queue.length) }, work));
  return failures.sort((a, b) => a.shard - b.shard);
}

/** @returns Why the shard was given up, or nothing. */
async function runWithAttempts(
  job: ShardJob,
  shard: number,
  options: ExecutorOptions,
  attempts: number,
): Promise<string> {
  let reason = "";
  for (let attempt = 1; attempt <= attempts && !options.signal.aborted; attempt++) {
    const end = await runWorker(job, shard, options);
    if (end.code === workerExitCodes.finished) return "";
    const how = end.code === null ? `was ended by ${String(end.signal)}` : `ended with exit code ${end.code}`;
    reason = end.lastWords || `its worker ${how}`;
    if (end.code === workerExitCodes.hopeless) return reason;
    options.onShardProgress(shard, 0);
  }
  return `${reason} (${attempts} attempts)`;
}

interface WorkerEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** What it said was wrong; may be empty. */
  readonly lastWords: string;
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
      resolve({ code, signal: endSignal, lastWords: errorIn(said) });
    });
  });
}

/** The last line that names an error, of what a worker or Node itself wrote. */
function errorIn(text: string): string {
  const line = text.split("\n").findLast((candidate) => /^(error: |\w*Error\b)/.test(candidate));
  return (line ?? "").replace(/^error: /, "").trim();
}
