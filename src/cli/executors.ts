import { localProcesses, type ShardExecutor } from "../batch/index.js";
import { ArgumentError } from "../errors.js";
import { containers, kubernetesJob, parseVolumePlace } from "../executors/index.js";

/** The options of a command line that say where shards are run. */
export interface ExecutorChoice {
  readonly executor: ExecutorName;
  readonly workers?: number;
  readonly attempts?: number;
  readonly cpus?: number;
  readonly memory?: string;
  readonly image?: string;
  readonly repository?: string;
  readonly imagePullSecret?: string;
  readonly runVolume?: string;
  readonly imagesVolume?: string;
  readonly context?: string;
  readonly namespace?: string;
}

export const executorNames = ["local", "docker", "kubernetes"] as const;
type ExecutorName = (typeof executorNames)[number];

/** Which executors an option is for; the others are for all. */
const optionsOfSome: Partial<Record<keyof ExecutorChoice, readonly ExecutorName[]>> = {
  cpus: ["docker", "kubernetes"],
  memory: ["docker", "kubernetes"],
  image: ["docker", "kubernetes"],
  repository: ["kubernetes"],
  imagePullSecret: ["kubernetes"],
  runVolume: ["kubernetes"],
  imagesVolume: ["kubernetes"],
  context: ["kubernetes"],
  namespace: ["kubernetes"],
};

export function executorOf(choice: ExecutorChoice): ShardExecutor {
  const { executor, runVolume, imagesVolume, ...options } = choice;
  for (const [option, executors] of Object.entries(optionsOfSome)) {
    if (choice[option as keyof ExecutorChoice] === undefined || executors.includes(executor)) continue;
    const flag = option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    throw new ArgumentError(
      "batch",
      "executor",
      `${executors.join(" or ")} where there is --${flag}`,
      executor,
    );
  }
  switch (executor) {
    case "local":
      return localProcesses(options);
    case "docker":
      return containers(options);
    case "kubernetes":
      return kubernetesJob({
        ...options,
        run: parseVolumePlace("--run-volume", runVolume ?? ""),
        images: parseVolumePlace("--images-volume", imagesVolume ?? ""),
      });
  }
}
