import type { V1Deployment, V1Service } from "@kubernetes/client-node";

import { SightbookError } from "../../errors.js";
import { withLock } from "../../lock.js";
import { pushImage } from "../docker/push-image.js";
import { keysFor, rotatedKeys, type DeploymentKeys } from "../keys.js";
import {
  listRecords,
  readRecord,
  recordLock,
  removeRecord,
  unreachable,
  writeRecord,
  type DeploymentRecord,
  type RecordId,
} from "../records.js";
import type { DeploymentRequest, DeploymentStatus, DeploymentTarget, WorkOptions } from "../target.js";
import { apply, connectCluster, inWords, readObject, type Cluster } from "./cluster.js";
import { nextSpec, type ClusterSpec, type KubernetesOptions } from "./cluster-spec.js";
import { manifestsOf, specAnnotation } from "./manifests.js";
import { isAutoscaled, setReplicas } from "./autoscaling.js";
import { findDeployment, ours, refuseForeign, removeObjects } from "./own-objects.js";
import { podRecords } from "./pod-records.js";
import { forwardPort } from "./port-forward.js";
import { rolledOut } from "./rollout.js";

const defaultReadyTimeoutMs = 600_000;
const listTimeoutMs = 5_000;

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
    logs: async (name, { lines = 100 }) => logsOf(await connect(), name, lines),
    delete: (name, work) =>
      changing(name, work, async (cluster) => {
        const had = await removeObjects(cluster, name);
        await removeRecord(recordId(cluster, name));
        return had;
      }),
  };
}

function recordId({ context, namespace }: Cluster, name: string): RecordId {
  return { name, target: "kubernetes", cluster: { context, namespace } };
}

async function theRecord(cluster: Cluster, name: string): Promise<DeploymentRecord> {
  const record = await readRecord(recordId(cluster, name));
  if (record !== undefined) return record;
  throw new SightbookError(
    `The keys of ${name} are on the machine that deployed it; deploy again for one of this machine's own.`,
  );
}

/** Those of every namespace that this machine has deployed to, and of the one that was asked for. */
async function list(options: KubernetesOptions): Promise<DeploymentStatus[]> {
  const records = await listRecords("kubernetes");
  const isNamed = options.context !== undefined || options.namespace !== undefined;
  const known = records.map(({ cluster }) => cluster!);
  const wanted = isNamed ? [options] : known;
  const places = new Map(wanted.map((place) => [`${place.context ?? ""} ${place.namespace ?? ""}`, place]));
  const found = await Promise.all([...places.values()].map((place) => listIn(place, records)));
  return found.flat();
}

async function listIn(
  place: Pick<KubernetesOptions, "context" | "namespace">,
  records: readonly DeploymentRecord[],
): Promise<DeploymentStatus[]> {
  try {
    const cluster = await connectCluster({ ...place, requestTimeoutMs: listTimeoutMs });
    const { items } = await inWords("The deployments cannot be listed", () =>
      cluster.apps.listNamespacedDeployment({ namespace: cluster.namespace, labelSelector: ours() }),
    );
    return await Promise.all(items.map((found) => statusOf(cluster, found)));
  } catch (error) {
    const own = records.filter(
      ({ cluster }) =>
        (place.context ?? cluster!.context) === cluster!.context &&
        (place.namespace ?? cluster!.namespace) === cluster!.namespace,
    );
    if (own.length === 0) throw error;
    return own.map((record) => unreachable(record, error));
  }
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
  const spec = nextSpec(request, options, cluster.namespace, old, digests);
  if (old === undefined) await refuseForeign(cluster, spec);
  if (options.push ?? true) {
    work.onProgress?.("Building and pushing the image");
    await pushImage(spec.repository, version, name, bundle, work.signal);
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
    if (old === undefined) await removeObjects(cluster, spec.name);
    else for (const object of manifestsOf(old)) await apply(cluster, object);
    throw error;
  }
}

function previous(spec: ClusterSpec): ClusterSpec {
  const version = spec.earlier.at(-1);
  if (version !== undefined) return { ...spec, version, earlier: spec.earlier.slice(0, -1) };
  throw new SightbookError(`${spec.name} has no version before this one to go back to.`);
}

async function logsOf(cluster: Cluster, name: string, lines: number): Promise<string> {
  const { namespace, core } = cluster;
  const { items } = await inWords("The pods cannot be listed", () =>
    core.listNamespacedPod({ namespace, labelSelector: ours(name) }),
  );
  const logs = items.map(async ({ metadata }) => {
    const pod = metadata!.name!;
    const log = await inWords(`The log of ${pod} cannot be read`, () =>
      core.readNamespacedPodLog({ name: pod, namespace, tailLines: lines }),
    );
    return `${pod}:\n${log.trimEnd()}`;
  });
  return (await Promise.all(logs)).join("\n");
}

async function theSpec(cluster: Cluster, name: string): Promise<ClusterSpec> {
  const found = await findDeployment(cluster, name);
  if (found !== undefined) return specOf(found);
  throw new SightbookError(`${name} is not in the namespace ${cluster.namespace}; deploy() puts it there.`);
}

function specOf({ metadata }: V1Deployment): ClusterSpec {
  return JSON.parse(metadata!.annotations![specAnnotation]!) as ClusterSpec;
}

async function statusOf(cluster: Cluster, found: V1Deployment): Promise<DeploymentStatus> {
  const spec = specOf(found);
  const { updatedReplicas = 0, availableReplicas = 0 } = found.status ?? {};
  return {
    ...recordId(cluster, spec.name),
    state: updatedReplicas >= spec.replicas && availableReplicas >= spec.replicas ? "running" : "starting",
    endpoint: await addressOf(cluster, spec),
    version: spec.version,
    previousVersions: [...spec.earlier].reverse(),
    replicas: found.spec?.replicas ?? spec.replicas,
    readyReplicas: availableReplicas,
    createdAt: spec.createdAt,
  };
}

/** That of the load balancer once it has one, else that in the cluster. */
async function addressOf(cluster: Cluster, spec: ClusterSpec): Promise<string> {
  const { name, namespace } = spec;
  if (spec.expose === "loadBalancer") {
    const service = (await readObject(cluster, {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name, namespace },
    })) as V1Service | undefined;
    const { ip, hostname } = service?.status?.loadBalancer?.ingress?.[0] ?? {};
    if (ip !== undefined || hostname !== undefined) return `http://${hostname ?? ip!}`;
  }
  return clusterAddress(spec);
}

function clusterAddress({ name, namespace }: ClusterSpec): string {
  return `http://${name}.${namespace}.svc.cluster.local`;
}
