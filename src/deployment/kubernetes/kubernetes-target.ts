import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";

import type { KubernetesObject, V1Deployment, V1Service } from "@kubernetes/client-node";

import { ArgumentError, EnvironmentError, SightbookError } from "../../errors.js";
import { writeFileAtomic } from "../../files.js";
import { withLock } from "../../lock.js";
import { keyDigest, newKey } from "../../serving/index.js";
import { listRecords, readRecord, recordLock, removeRecord, writeRecord } from "../records.js";
import {
  keptVersions,
  type DeploymentRequest,
  type DeploymentStatus,
  type DeploymentTarget,
  type WorkOptions,
} from "../target.js";
import { apply, connectCluster, inWords, readObject, type Cluster, type ClusterPlace } from "./cluster.js";
import {
  deploymentLabel,
  managedBy,
  manifestsOf,
  objectKinds,
  specAnnotation,
  type ClusterSpec,
} from "./manifests.js";
import { pushImage } from "./push-image.js";
import { rolledOut } from "./rollout.js";

/** What a cluster needs to know besides. */
export interface KubernetesOptions extends ClusterPlace {
  /** Repository for the image, such as `"registry.example.org/team/tableware"`; needed to deploy. */
  readonly repository?: string;
  /**
   * Build the image and push it with the local Docker daemon and its logins. False when the image with this version as its tag
   * is in the repository, or on the nodes, already. Default true.
   */
  readonly push?: boolean;
  /** Name of the Secret with which nodes pull the image. */
  readonly imagePullSecret?: string;
  /** The autoscaler's upper bound. Default: twice `replicas`. */
  readonly maxReplicas?: number;
  /** `"loadBalancer"` asks for an address outside of the cluster. Default `"cluster"`: reachable from inside alone. */
  readonly expose?: "cluster" | "loadBalancer";
  /** Processor share that each replica asks for. Default `"1"`. */
  readonly cpu?: string;
  /** Memory of each replica. Default `"1Gi"`. */
  readonly memory?: string;
  /** Longest time for all replicas to become ready. Default 600,000. */
  readonly readyTimeoutMs?: number;
}

const defaultReadyTimeoutMs = 600_000;
const goneTimeoutMs = 120_000;

/** Deployments in a Kubernetes cluster. */
export function kubernetesTarget(options: KubernetesOptions = {}): DeploymentTarget {
  const connect = (): Promise<Cluster> => connectCluster(options);
  const changing = async <Result>(
    name: string,
    { signal, onProgress }: WorkOptions,
    work: (cluster: Cluster) => Promise<Result>,
  ): Promise<Result> => {
    const cluster = await connect();
    return withLock(recordLock("kubernetes", name), () => work(cluster), {
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
    deploy: (request, work) =>
      changing(request.name, work, async (cluster) => {
        await deploy(cluster, request, options, work);
        return (await status(request.name))!;
      }),
    list: async () => {
      if ((await listRecords("kubernetes")).length === 0 && options.namespace === undefined) return [];
      const cluster = await connect();
      const { items } = await inWords("The deployments cannot be listed", () =>
        cluster.apps.listNamespacedDeployment({ namespace: cluster.namespace, labelSelector: ours() }),
      );
      return Promise.all(items.map((found) => statusOf(cluster, found)));
    },
    key: async (name) => {
      const record = await readRecord("kubernetes", name);
      if (record !== undefined) return record.key;
      throw new SightbookError(
        `The key of ${name} is on the machine that deployed it; deploy again for a new one.`,
      );
    },
    scale: (name, replicas, work) =>
      change(name, work, (spec) => ({
        ...spec,
        replicas,
        maxReplicas: options.maxReplicas ?? Math.max(spec.maxReplicas, replicas),
      })),
    rollback: (name, work) =>
      change(name, work, (spec) => {
        const version = spec.earlier.at(-1);
        if (version === undefined)
          throw new SightbookError(`${name} has no version before this one to go back to.`);
        return { ...spec, version, earlier: spec.earlier.slice(0, -1) };
      }),
    logs: async (name, { lines = 100 }) => {
      const cluster = await connect();
      const { namespace } = cluster;
      const { items } = await inWords("The pods cannot be listed", () =>
        cluster.core.listNamespacedPod({ namespace, labelSelector: ours(name) }),
      );
      const logs = items.map(async ({ metadata }) => {
        const pod = metadata!.name!;
        const log = await inWords(`The log of ${pod} cannot be read`, () =>
          cluster.core.readNamespacedPodLog({ name: pod, namespace, tailLines: lines }),
        );
        return `${pod}:\n${log.trimEnd()}`;
      });
      return (await Promise.all(logs)).join("\n");
    },
    delete: (name, work) => changing(name, work, (cluster) => remove(cluster, name)),
  };
}

function ours(name?: string): string {
  const label = name === undefined ? deploymentLabel : `${deploymentLabel}=${name}`;
  return `${label},app.kubernetes.io/managed-by=${managedBy["app.kubernetes.io/managed-by"]}`;
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
  const record = await readRecord("kubernetes", name);
  const key = record?.key ?? newKey().key;
  const spec = nextSpec(request, options, cluster, old, keyDigest(key));
  if (old === undefined) await refuseForeign(cluster, spec);
  if (options.push ?? true) {
    work.onProgress?.("Building and pushing the image");
    await pushImage(spec.repository, version, name, bundle);
  }
  // Before anything is in the cluster: a crash must not lose the key.
  const endpoint = clusterAddress(spec);
  await writeRecord("kubernetes", { name, key, endpoint, version, createdAt: spec.createdAt });
  await roll(cluster, spec, old, work, options.readyTimeoutMs);
}

function nextSpec(
  request: DeploymentRequest,
  options: KubernetesOptions,
  { namespace }: Cluster,
  old: ClusterSpec | undefined,
  digest: string,
): ClusterSpec {
  const { name, version } = request;
  const repository = options.repository ?? old?.repository;
  if (repository === undefined || !/^[\w.:-]+(?:\/[\w.-]+)+$/u.test(repository)) {
    throw new ArgumentError(
      "Deployment.deploy",
      "kubernetes.repository",
      'where the image is to be, such as "registry.example.org/team/tableware"',
      repository,
    );
  }
  const replicas = request.replicas ?? old?.replicas ?? 1;
  const earlier = old && old.version !== version ? [...old.earlier, old.version] : (old?.earlier ?? []);
  return {
    name,
    namespace,
    repository,
    version,
    earlier: earlier.filter((one) => one !== version).slice(1 - keptVersions),
    keyDigest: digest,
    replicas,
    maxReplicas: Math.max(replicas, options.maxReplicas ?? old?.maxReplicas ?? 2 * replicas),
    expose: options.expose ?? old?.expose ?? "cluster",
    imagePullSecret: options.imagePullSecret ?? old?.imagePullSecret,
    cpu: options.cpu ?? old?.cpu ?? "1",
    memory: options.memory ?? old?.memory ?? "1Gi",
    createdAt: old?.createdAt ?? new Date().toISOString(),
  };
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
    if (old === undefined) await remove(cluster, spec.name);
    else for (const object of manifestsOf(old)) await apply(cluster, object);
    throw error;
  }
}

/** What is there under this name and is not ours stays as it is. */
async function refuseForeign(cluster: Cluster, spec: ClusterSpec): Promise<void> {
  for (const object of manifestsOf(spec)) {
    const found = await readObject(cluster, object);
    if (found === undefined || found.metadata?.labels?.[deploymentLabel] === spec.name) continue;
    throw new ArgumentError(
      "Deployment.deploy",
      "name",
      `one that nothing else in the namespace ${spec.namespace} has`,
      spec.name,
      `There is a ${object.kind!} of this name.`,
    );
  }
}

async function findDeployment(cluster: Cluster, name: string): Promise<V1Deployment | undefined> {
  const { namespace } = cluster;
  const { items } = await inWords("The deployments cannot be listed", () =>
    cluster.apps.listNamespacedDeployment({ namespace, labelSelector: ours(name) }),
  );
  return items[0];
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
  const wanted = found.spec?.replicas ?? spec.replicas;
  const { updatedReplicas = 0, availableReplicas = 0 } = found.status ?? {};
  return {
    name: spec.name,
    target: "kubernetes",
    state: updatedReplicas >= spec.replicas && availableReplicas >= spec.replicas ? "running" : "starting",
    endpoint: await addressOf(cluster, spec),
    version: spec.version,
    previousVersions: [...spec.earlier].reverse(),
    replicas: wanted,
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

/** Removes the objects that carry this deployment's labels, of the kinds that it makes, and no others. */
async function remove(cluster: Cluster, name: string): Promise<boolean> {
  const { namespace, objects } = cluster;
  const found = await ownObjects(cluster, name);
  // The autoscaler goes before what it scales, so that it makes no more replicas.
  for (const { apiVersion, kind, metadata } of found.reverse()) {
    const target = { apiVersion: apiVersion!, kind: kind!, metadata: { name: metadata!.name!, namespace } };
    await inWords(`${kind!} ${metadata!.name!} cannot be deleted`, () =>
      objects.delete(target, undefined, undefined, undefined, undefined, "Foreground"),
    );
  }
  // Replicas answer what they have accepted before they end.
  for (const end = performance.now() + goneTimeoutMs; (await ownObjects(cluster, name)).length > 0;) {
    if (performance.now() > end) {
      throw new EnvironmentError(
        `${name}: the cluster has not removed all of it within ${goneTimeoutMs / 1000} s.`,
      );
    }
    await setTimeout(200);
  }
  await removeRecord("kubernetes", name);
  return found.length > 0;
}

async function ownObjects({ namespace, objects }: Cluster, name: string): Promise<KubernetesObject[]> {
  const found: KubernetesObject[] = [];
  for (const { apiVersion, kind } of objectKinds()) {
    const all = undefined;
    const { items } = await inWords(`The objects of the kind ${kind} cannot be listed`, () =>
      objects.list<KubernetesObject>(apiVersion, kind, namespace, all, all, all, all, ours(name)),
    );
    // Lists leave out what all their items have in common.
    found.push(...items.map(({ metadata }) => ({ apiVersion, kind, ...(metadata && { metadata }) })));
  }
  return found;
}

/**
 * Writes what `deploy` would apply as YAML, one file for each object, for a tool that keeps a cluster as a repository says.
 *
 * @returns The key: the files hold only its hash.
 */
export async function writeManifests(
  folder: string,
  request: Omit<DeploymentRequest, "bundle">,
  options: KubernetesOptions,
): Promise<string> {
  const { dumpYaml } = await import("@kubernetes/client-node");
  const { key, digest } = newKey();
  const namespace = options.namespace ?? "default";
  const spec = nextSpec({ ...request, bundle: "" }, options, { namespace } as Cluster, undefined, digest);
  await mkdir(folder, { recursive: true });
  for (const object of manifestsOf(spec)) {
    await writeFileAtomic(join(folder, `${object.kind!.toLowerCase()}.yaml`), dumpYaml(object));
  }
  return key;
}
