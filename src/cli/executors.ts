import { localProcesses, type ShardExecutor } from "../batch/index.js";
import { ArgumentError } from "../errors.js";
import { containers } from "../executors/index.js";

/** The options of a command line that say where shards are run. */
export interface ExecutorChoice {
  readonly executor: ExecutorName;
  readonly workers?: number;
  readonly attempts?: number;
  readonly cpus?: number;
  readonly memory?: string;
  readonly image?: string;
}

export const executorNames = ["local", "docker"] as const;
type ExecutorName = (typeof executorNames)[number];

/** Which executors an option is for; the others are for all. */
const optionsOfSome: Partial<Record<keyof ExecutorChoice, readonly ExecutorName[]>> = {
  cpus: ["docker"],
  memory: ["docker"],
  image: ["docker"],
};

export function executorOf({ executor, ...options }: ExecutorChoice): ShardExecutor {
  for (const [option, executors] of Object.entries(optionsOfSome)) {
    if (options[option as keyof typeof options] === undefined || executors.includes(executor)) continue;
    throw new ArgumentError(
      "batch",
      "executor",
      `${executors.join(" or ")} where there is --${option}`,
      executor,
    );
  }
  switch (executor) {
    case "local":
      return localProcesses(options);
    case "docker":
      return containers(options);
  }
}
