import { EnvironmentError, SightbookError } from "../../errors.js";
import { withLock } from "../../lock.js";
import { pushImage } from "../docker/push-image.js";
import { keysFor, rotatedKeys, type DeploymentKeys } from "../keys.js";
import { readRecord, recordLock, removeRecord, writeRecord, type DeploymentRecord } from "../records.js";
import type { DeploymentRequest, DeploymentStatus, DeploymentTarget, WorkOptions } from "../target.js";
import { isAutoscaled, setReplicas } from "./autoscaling.js";
import { apply, connectCluster, type Cluster } from "./cluster.js";
import { nextSpec, type ClusterSpec, type KubernetesOptions } from "./cluster-spec.js";
import { manifestsOf } from "./manifests.js";
import { findDeployment, refuseForeign, removeObjects } from "./own-objects.js";
import { podLogs } from "./pod-logs.js";
import { podRecords } from "./pod-records.js";
import { forwardPort } from "./port-forward.js";
import { rolledOut } from "./rollout.js";
import { addressOf, clusterAddress, list, recordId, specOf, statusOf, theSpec } from "./status.js";

const defaultReadyTimeoutMs = 600_000;

/** Deployments in a Kubernetes cluster. */
export function kubernetesTarget(options: KubernetesOptions = {}): DeploymentTarget {
  const connect = (): Promise<Cluster> => connectCluster(options);
  const changing = async <Result>(
    name: string,
    { signal, onProgress }: WorkOptions,
    work: (cluster: Cluster) => Promise<Result>,
  ): Promise<Result> => {
    const cluster = await connect();
    return withLock(recordLock(recordId(cluster, name)), () => work(cluster), {
      task: `session that changes ${name}`,
      signal,
      ...(onProgress && { onWait: onProgress }),
    });
  };
  const status = async (name: string): Promise<DeploymentStatus | undefined> => {
    const cluster = await connect();
    const found = await findDeployment(cluster, name);
    return found && statusOf(cluster, found);
  };
  const change = (
    name: string,
    work: WorkOptions,
    next: (spec: ClusterSpec) => ClusterSpec,
  ): Promise<DeploymentStatus> =>
    changing(name, work, async (cluster) => {
      const old = await theSpec(cluster, name);
      await roll(cluster, next(old), old, work, options.readyTimeoutMs);
      return (await status(name))!;
    });

  return {
    status,
    list: () => list(options),
    deploy: (request, work) =>
      changing(request.name, work, async (cluster) => {
        await deploy(cluster, request, options, work);
        return (await status(request.name))!;
      }),
    keys: async (name) => (await theRecord(await connect(), name)).keys,
    rotateKey: (name, work) => changing(name, work, (cluster) => rotateKey(cluster, name, options, work)),
    passage: async (name) => {
      // In the cluster its own addresses work, and a load balancer's do everywhere.
      if (process.env["KUBERNETES_SERVICE_HOST"] !== undefined) return undefined;
      const cluster = await connect();
      const spec = await theSpec(cluster, name);
      return (await addressOf(cluster, spec)) === clusterAddress(spec)
        ? forwardPort(cluster, name)
        : undefined;
    },
    scale: (name, replicas, work) =>
      changing(name, work, async (cluster) => {
        const old = await theSpec(cluster, name);
        const maxReplicas = options.maxReplicas ?? Math.max(old.maxReplicas, replicas);
        const spec = { ...old, replicas, maxReplicas };
        await roll(cluster, spec, old, work, options.readyTimeoutMs);
        if (!(await isAutoscaled(cluster, spec))) await setReplicas(cluster, spec);
        return (await status(name))!;
      }),
    rollback: (name, work) => change(name, work, previous),
    records: async (name) => {
      const cluster = await connect();
      const { record, recordsClaim } = await theSpec(cluster, name);
      return record === undefined ? "" : podRecords(cluster, name, recordsClaim !== undefined);
    },
    logs: async (name, { lines = 100 }) => podLogs(await connect(), name, lines),
    delete: (name, work) =>
      changing(name, work, async (cluster) => {
        const had = await removeObjects(cluster, name);
        await removeRecord(recordId(cluster, name));
        return had;
      }),
  };
}

async function theRecord(cluster: Cluster, name: string): Promise<DeploymentRecord> {
  const record = await readRecord(recordId(cluster, name));
  if (record !== undefined) return record;
  throw new SightbookError(
    `The keys of ${name} are on the machine that deployed it; deploy again for one of this machine's own.`,
  );
}

async function deploy(
  cluster: Cluster,
  request: DeploymentRequest,
  options: KubernetesOptions,
  work: WorkOptions,
): Promise<void> {
  const { name, version, bundle } = request;
  const found = await findDeployment(cluster, name);
  const old = found && specOf(found);
  const id = recordId(cluster, name);
  const { keys, digests } = keysFor((await readRecord(id))?.keys, old?.keyDigests);
  let spec = nextSpec(request, options, cluster.namespace, old, digests);
  if (old === undefined) await refuseForeign(cluster, spec);
  if (options.push ?? true) {
    work.onProgress?.("Building and pushing the image");
    const digest = await pushImage(spec.repository, version, name, bundle, work.signal);
    spec = { ...spec, digests: { ...spec.digests, [version]: digest } };
  }
  // Before anything is in the cluster: a crash must not lose the keys.
  const { replicas, createdAt } = spec;
  await writeRecord({ ...id, keys, endpoint: clusterAddress(spec), version, replicas, createdAt });
  await roll(cluster, spec, old, work, options.readyTimeoutMs).catch(async (error: unknown) => {
    if (old === undefined) await removeRecord(id);
    throw error;
  });
}

async function rotateKey(
  cluster: Cluster,
  name: string,
  { readyTimeoutMs }: KubernetesOptions,
  work: WorkOptions,
): Promise<DeploymentKeys> {
  const record = await theRecord(cluster, name);
  const { keys, digests } = rotatedKeys(record.keys);
  const old = await theSpec(cluster, name);
  await roll(cluster, { ...old, keyDigests: digests }, old, work, readyTimeoutMs);
  await writeRecord({ ...record, keys });
  return keys;
}

/** Applies a state and waits for it; when it cannot come about, the state before is back, or nothing is left. */
async function roll(
  cluster: Cluster,
  spec: ClusterSpec,
  old: ClusterSpec | undefined,
  work: WorkOptions,
  timeoutMs = defaultReadyTimeoutMs,
): Promise<void> {
  work.onProgress?.("Applying to the cluster");
  try {
    for (const object of manifestsOf(spec)) await apply(cluster, object);
    await rolledOut(cluster, spec, { ...work, timeoutMs });
  } catch (error) {
    await restore(cluster, spec, old).catch((failure: unknown) => {
      const [why, after] = [error, failure].map((one) => (one as Error).message);
      throw new EnvironmentError(`${why!} And what was there before could not be put back: ${after!}`, {
        cause: error,
      });
    });
    throw error;
  }
}

async function restore(cluster: Cluster, spec: ClusterSpec, old: ClusterSpec | undefined): Promise<void> {
  if (old === undefined) await removeObjects(cluster, spec.name);
  else for (const object of manifestsOf(old)) await apply(cluster, object);
}

function previous(spec: ClusterSpec): ClusterSpec {
  const version = spec.earlier.at(-1);
  if (version !== undefined) return { ...spec, version, earlier: spec.earlier.slice(0, -1) };
  throw new SightbookError(`${spec.name} has no version before this one to go back to.`);
}
