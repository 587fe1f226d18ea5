export { batch, type BatchOptions, type BatchRunProgress } from "./batch.js";
export {
  shardIndexVariable,
  workerExitCodes,
  type ExecutorOptions,
  type ShardExecutor,
  type ShardFailure,
  type ShardJob,
} from "./executor.js";
export { localProcesses, type LocalExecutorOptions, type WorkerMessage } from "./local-executor.js";
export type { BatchRun, BatchTask } from "./run-folder.js";
export { runShard, type ShardOptions, type ShardSummary } from "./shard.js";
export { BatchSummary } from "./summary.js";
export { runWorker } from "./worker.js";
