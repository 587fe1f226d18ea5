export { batch, type BatchOptions, type BatchRunProgress } from "./batch.js";
export {
  shardIndexVariable,
  shardListVariable,
  workerExitCodes,
  type ExecutorOptions,
  type ShardExecutor,
  type ShardFailure,
  type ShardJob,
} from "./executor.js";
export { localProcesses, type LocalExecutorOptions, type WorkerMessage } from "./local-executor.js";
export { lastError, runShards, type ShardRunner, type WorkerEnd } from "./run-shards.js";
export { formatShards, parseShards } from "./shard-list.js";
export type { BatchRun, BatchTask } from "./run-folder.js";
export { runShard, type ShardOptions, type ShardSummary } from "./shard.js";
export { BatchSummary } from "./summary.js";
export { checkCounts, defaultWorkers } from "./worker-count.js";
export { runWorker } from "./worker.js";
