import { stat } from "node:fs/promises";
import { hostname } from "node:os";

import type Docker from "dockerode";

import {
  checkCounts,
  defaultWorkers,
  lastError,
  runShards,
  shardIndexVariable,
  type ExecutorOptions,
  type ShardExecutor,
  type ShardJob,
  type WorkerEnd,
} from "../batch/index.js";
import { connectDocker, daemonWords } from "../deployment/docker/connect.js";
import { containerLog, statusOf } from "../deployment/docker/containers.js";
import { isAlive } from "../deployment/local/processes.js";
import { ArgumentError, EnvironmentError } from "../errors.js";
import { byteCount } from "./byte-count.js";
import { workerImage } from "./worker-image.js";

export interface ContainerExecutorOptions {
  /** Containers at a time. Default: one for two cores, since a worker itself decodes and scores in parallel. */
  readonly workers?: number;
  /** How often a shard is run whose worker fails or is killed, before it is given up. Default: 3. */
  readonly attempts?: number;
  /** Cores that each container may use, such as 1.5. Default: all. */
  readonly cpus?: number;
  /** Memory that each container may use, such as `"2Gi"`; one that needs more is killed. Default: all. */
  readonly memory?: string;
  /**
   * An image that the daemon has: one of a deployment, or one that was loaded from another machine. Default: it is built from
   * this machine's Node and this package when the daemon does not have it.
   */
  readonly image?: string;
}

/**
 * Runs shards in containers of the Docker or Podman daemon of this machine: that of `DOCKER_HOST`, else the first socket of
 * Docker's or Podman's that is there.
 *
 * A container runs as the user to whom the run's folder belongs, without rights, network or a writable root; it sees that folder
 * and, read-only, the images. Symbolic links that lead out of the images' folder lead nowhere in it. Each one is removed when
 * it has ended; what a killed run has left is removed when it goes on.
 */
export function containers(options: ContainerExecutorOptions = {}): ShardExecutor {
  const { workers = defaultWorkers(), attempts = 3, cpus, memory } = options;
  checkCounts("containers", { workers, attempts });
  if (cpus !== undefined && !(cpus > 0))
    throw new ArgumentError("containers", "cpus", "a number above 0", cpus);
  const limits = {
    ...(cpus !== undefined && { NanoCpus: Math.round(cpus * 1e9) }),
    // As much swap as memory means none.
    ...(memory !== undefined && { Memory: byteCount(memory), MemorySwap: byteCount(memory) }),
  };
  return {
    name: `${workers} container${workers === 1 ? "" : "s"}`,
    run: async (job, executorOptions) => {
      if (job.images === "/") {
        const must = "images that are all below one folder";
        throw new ArgumentError(
          "containers",
          "images",
          must,
          job.images,
          "Containers see that folder alone.",
        );
      }
      const docker = await connectDocker();
      await removeLeftovers(docker, job.id);
      const image = options.image ?? (await workerImage(docker, executorOptions.onNote)).tag;
      executorOptions.onNote("");
      const user = await folderOwner(docker, job.folder);
      return runShards(job, executorOptions, {
        workers,
        attempts,
        runWorker: (shard, { signal }) => runContainer(docker, { job, shard, image, user, limits, signal }),
      });
    },
  };
}

interface ContainerWork {
  readonly job: ShardJob;
  readonly shard: number;
  readonly image: string;
  readonly user: string;
  readonly limits: Docker.HostConfig;
  readonly signal: ExecutorOptions["signal"];
}

const runLabel = "sightbook.batch";
const clientLabel = "sightbook.client";
/** 128 and SIGKILL, as shells count. */
const killedCode = 137;
/** A worker that is told to end does so in the middle of a batch of images. */
const stopSeconds = 5;

async function runContainer(
  docker: Docker,
  { job, shard, image, user, limits, signal }: ContainerWork,
): Promise<WorkerEnd> {
  const bind = (Source: string, Target: string, ReadOnly: boolean): Docker.MountSettings => ({
    Type: "bind",
    Source,
    Target,
    ReadOnly,
  });
  const container = await inWords(`The container of shard ${shard} cannot be made`, () =>
    docker.createContainer({
      Image: image,
      Cmd: [...job.command("/run", "/images")],
      Env: [`${shardIndexVariable}=${shard}`],
      User: user,
      Labels: { [runLabel]: job.id, [clientLabel]: clientName(), "sightbook.shard": String(shard) },
      Healthcheck: { Test: ["NONE"] },
      HostConfig: {
        ...limits,
        Mounts: [bind(job.folder, "/run", false), bind(job.images, "/images", true)],
        NetworkMode: "none",
        ReadonlyRootfs: true,
        CapDrop: ["ALL"],
        // Where SELinux is, the mounted folders must not be relabelled, which would lock out others.
        SecurityOpt: ["no-new-privileges", "label=disable"],
        Tmpfs: { "/tmp": "rw,noexec,nosuid,size=64m" },
        PidsLimit: 1024,
        LogConfig: { Type: "json-file", Config: { "max-size": "1m" } },
      },
    }),
  );
  const stop = (): void => {
    // What is wrong with it shows in the waiting for its end.
    container.stop({ t: stopSeconds }).catch(() => undefined);
  };
  try {
    await inWords(`The container of shard ${shard} cannot be started`, () => container.start());
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
    const { State, log } = await inWords(`The container of shard ${shard} cannot be watched`, async () => {
      await container.wait();
      const { State } = await container.inspect();
      return { State, log: State.ExitCode === 0 ? "" : await containerLog(container, 50) };
    });
    const how = State.OOMKilled
      ? "ran out of memory"
      : State.ExitCode === killedCode
        ? "was killed, by somebody or for lack of memory" // Podman does not tell which.
        : `ended with exit code ${State.ExitCode}`;
    return { code: State.ExitCode, reason: lastError(log) || `its container ${how}` };
  } catch (error) {
    if (statusOf((error as Error).cause) === 404) return { code: null, reason: "its container was removed" };
    throw error;
  } finally {
    signal.removeEventListener("abort", stop);
    await inWords(`The container of shard ${shard} cannot be removed`, () => remove(container));
  }
}

/** Removes the containers of a run whose client has died. @throws {@link EnvironmentError} when it lives. */
async function removeLeftovers(docker: Docker, run: string): Promise<void> {
  const found = await docker.listContainers({ all: true, filters: { label: [`${runLabel}=${run}`] } });
  for (const { Labels } of found) {
    const client = Labels[clientLabel] ?? "";
    if (!isClientAlive(client)) continue;
    throw new EnvironmentError(
      `Process ${client.split(" ")[1]!} runs this batch in containers at the moment; end it first.`,
    );
  }
  for (const { Id } of found) await remove(docker.getContainer(Id));
}

async function remove(container: Docker.Container): Promise<void> {
  await container.remove({ force: true, v: true }).catch((error: unknown) => {
    // Another has removed it, or does so at this moment.
    if (statusOf(error) !== 404 && statusOf(error) !== 409) throw error;
  });
}

/** Host, process, and when that began: numbers of processes come again, soonest where a notebook itself is in a container. */
function clientName(): string {
  return `${hostname()} ${process.pid} ${Math.round(performance.timeOrigin)}`;
}

function isClientAlive(client: string): boolean {
  const [host, pid] = client.split(" ");
  if (host !== hostname()) return false;
  if (Number(pid) === process.pid) return client === clientName();
  return isAlive(Number(pid));
}

/** Files of the results must belong to whom the folder does. In a rootless daemon root is the user who runs it. */
async function folderOwner(docker: Docker, folder: string): Promise<string> {
  const { SecurityOptions = [] } = (await docker.info()) as { readonly SecurityOptions?: readonly string[] };
  if (SecurityOptions.some((option) => option.includes("rootless"))) return "0:0";
  const { uid, gid } = await stat(folder);
  return `${uid}:${gid}`;
}

async function inWords<Result>(what: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw new EnvironmentError(`${what}: ${daemonWords(error)}.`, { cause: error });
  }
}
