import { stat } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";

import {
  checkCounts,
  parseShards,
  type ExecutorOptions,
  type ShardExecutor,
  type ShardFailure,
  type ShardJob,
} from "../../batch/index.js";
import { connectDocker } from "../../deployment/docker/connect.js";
import { pushLoaded } from "../../deployment/docker/push-image.js";
import {
  apply,
  connectCluster,
  isPassing,
  type Cluster,
  type ClusterPlace,
} from "../../deployment/kubernetes/cluster.js";
import { Patience } from "../../deployment/kubernetes/stuck.js";
import { ArgumentError, EnvironmentError } from "../../errors.js";
import {
  jobManifest,
  jobName,
  jobNetworkPolicy,
  podUser,
  shardsAnnotation,
  type JobSpec,
} from "./job-manifest.js";
import {
  deleteJob,
  isEnded,
  isLeaving,
  isOurs,
  readJob,
  replaceable,
  type JobReference,
} from "./job-object.js";
import { failureReasons, podsOf, whatIsStuck } from "./job-pods.js";
import type { VolumePlace } from "./volumes.js";
import { workerImage } from "../worker-image.js";

export interface KubernetesJobOptions extends ClusterPlace {
  /** Where pods find the run's folder: the same storage as `output`, which must be mounted here too. */
  readonly run: VolumePlace;
  /** Where pods find the folder that holds all images. */
  readonly images: VolumePlace;
  /**
   * Repository for the workers' image, such as `"registry.example.org/team/sightbook"`: it is built and pushed with the local
   * Docker daemon and its logins. Either this or `image`.
   */
  readonly repository?: string;
  /** An image that is in a registry or on the nodes: of a deployment, or one that was pushed before. */
  readonly image?: string;
  /** Name of the Secret with which nodes pull the image. */
  readonly imagePullSecret?: string;
  /** Pods at a time. Default: 4. */
  readonly workers?: number;
  /** How often a shard is run whose worker fails or is killed, before it is given up. Default: 3. */
  readonly attempts?: number;
  /** Cores that each pod asks for. Default: 1. */
  readonly cpus?: number;
  /** Memory of each pod; one that needs more is killed. Default: `"2Gi"`. */
  readonly memory?: string;
  /** User as whom pods run. Default: the owner of the run's folder as it is seen here; 65532 where that is root. */
  readonly user?: { readonly uid: number; readonly gid: number };
  /** Longest time in which no pod runs, before the run is given up. Default: 600,000. */
  readonly startTimeoutMs?: number;
  /** After how long the cluster removes an ended Job whose client never came back. Default: 86,400, a day. */
  readonly keptSeconds?: number;
}

const pollMs = 500;
const brokenNodeMs = 60_000;
/** For how long the API server may not answer: a control plane that is updated is away for a minute or two. */
const silenceTimeoutMs = 300_000;

/**
 * Runs shards as one Indexed Job of a Kubernetes cluster.
 *
 * When this process is killed the Job goes on; the same call finds it and waits for it. An interrupt deletes it. The Job and its
 * NetworkPolicy are deleted when it has ended.
 */
export function kubernetesJob(options: KubernetesJobOptions): ShardExecutor {
  const { workers = 4, attempts = 3, image, repository } = options;
  checkCounts("kubernetesJob", { workers, attempts });
  if ((image === undefined) === (repository === undefined)) {
    throw new ArgumentError("kubernetesJob", "repository", "given, or image, and not both", repository);
  }
  return {
    name: `a Kubernetes Job of ${workers} pod${workers === 1 ? "" : "s"} at a time`,
    run: async (job, executorOptions) => {
      const cluster = await connectCluster(options);
      const reference = { cluster, name: jobName(job.id) };
      const found = await readJob(reference);
      let shards: readonly number[];
      if (found !== undefined && isOurs(found, job) && !isEnded(found) && !isLeaving(found)) {
        executorOptions.onNote("going on with the Job that is there");
        // The call that made it may have been killed in between.
        await apply(cluster, jobNetworkPolicy(found));
        shards = parseShards(found.metadata!.annotations![shardsAnnotation]!);
      } else {
        if (found !== undefined) await replaceable(reference, found, job);
        shards = await start(cluster, job, { ...options, workers, attempts }, executorOptions);
      }
      const failures = await watch(reference, job, shards, options, executorOptions);
      // Those of an earlier call's Job, which did not count what has been found damaged since.
      const rest = job.pending.filter((shard) => !shards.includes(shard));
      if (rest.length === 0 || executorOptions.signal.aborted) return failures;
      const others = await kubernetesJob(options).run({ ...job, pending: rest }, executorOptions);
      return [...failures, ...others].sort((a, b) => a.shard - b.shard);
    },
  };
}

async function start(
  cluster: Cluster,
  job: ShardJob,
  options: KubernetesJobOptions & { readonly workers: number; readonly attempts: number },
  executorOptions: ExecutorOptions,
): Promise<readonly number[]> {
  const image = options.image ?? (await pushWorkerImage(options.repository!, executorOptions));
  executorOptions.onNote("making the Job");
  const {
    run,
    images,
    workers,
    attempts,
    imagePullSecret,
    cpus = 1,
    memory = "2Gi",
    keptSeconds = 86_400,
  } = options;
  const user = options.user ?? podUser(await stat(job.folder));
  const { namespace } = cluster;
  const spec: JobSpec = {
    namespace,
    image,
    imagePullSecret,
    run,
    images,
    workers,
    attempts,
    cpus,
    memory,
    user,
    keptSeconds,
  };
  const manifest = jobManifest(job, spec);
  await apply(cluster, manifest);
  const made = await readJob({ cluster, name: manifest.metadata!.name! });
  if (made !== undefined) await apply(cluster, jobNetworkPolicy(made));
  return parseShards(manifest.metadata!.annotations![shardsAnnotation]!);
}

async function pushWorkerImage(repository: string, { signal, onNote }: ExecutorOptions): Promise<string> {
  const docker = await connectDocker();
  const { tag, version } = await workerImage(docker, onNote);
  onNote("pushing the workers' image");
  await pushLoaded(docker, tag, repository, version, signal);
  return `${repository}:${version}`;
}

/** Waits for the Job's end and deletes it. */
async function watch(
  reference: JobReference,
  job: ShardJob,
  shards: readonly number[],
  { startTimeoutMs = 600_000 }: KubernetesJobOptions,
  { signal, onShardFinished, onNote }: ExecutorOptions,
): Promise<ShardFailure[]> {
  const { cluster, name } = reference;
  const untold = new Set(job.pending);
  let hasBegun = false;
  let runningAt = performance.now();
  let answeredAt = performance.now();
  const patience = new Patience();
  let noted = "";
  const note = (text: string): void => {
    if (text !== noted) onNote(text);
    noted = text;
  };
  for (;;) {
    if (signal.aborted) {
      await deleteJob(reference);
      return [];
    }
    let look;
    try {
      const found = await readJob(reference);
      look = found && { found, pods: await podsOf(cluster, name) };
      answeredAt = performance.now();
    } catch (error) {
      // The Job goes on without us.
      if (!isPassing(error) || performance.now() - answeredAt > silenceTimeoutMs) throw error;
      note("the cluster does not answer");
      await setTimeout(pollMs);
      continue;
    }
    if (look === undefined) {
      throw new EnvironmentError(
        `The Job ${name} was deleted by somebody else; the same call makes it again.`,
      );
    }
    const { found, pods } = look;
    const completed = parseShards(found.status?.completedIndexes ?? "");
    for (const shard of completed.map((index) => shards[index]!)) {
      if (!untold.delete(shard)) continue;
      onShardFinished(shard);
      hasBegun = true;
      runningAt = performance.now();
    }
    if (isEnded(found)) {
      const failed = parseShards(found.status?.failedIndexes ?? "");
      const reasons = failureReasons(pods);
      await deleteJob(reference);
      return failed.map((index) => ({
        shard: shards[index]!,
        reason: reasons.get(index) ?? "its pod is gone, and with it the reason",
      }));
    }
    if (pods.some(({ status }) => status?.phase === "Running")) runningAt = performance.now();
    const idleMs = performance.now() - runningAt;
    const stuck = idleMs > pollMs ? await whatIsStuck(cluster, name, pods) : undefined;
    note(stuck?.what ?? "");
    // Where shards were done before, one node that cannot pull is not the end.
    const final = patience.final(stuck);
    const isFinal = final !== undefined && (!hasBegun || idleMs > brokenNodeMs);
    if (isFinal || idleMs > startTimeoutMs) {
      await deleteJob(reference);
      const late = `no pod ran for ${Math.round(startTimeoutMs / 1000)} s`;
      throw new EnvironmentError(
        `batch: ${isFinal ? final.what : `${late}: ${stuck?.what ?? "it is not known why"}`}`,
      );
    }
    await setTimeout(pollMs);
  }
}
