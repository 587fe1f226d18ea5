import type { V1Deployment, V1Service } from "@kubernetes/client-node";

import { SightbookError } from "../../errors.js";
import { listRecords, unreachable, type DeploymentRecord, type RecordId } from "../records.js";
import type { DeploymentStatus } from "../target.js";
import { connectCluster, inWords, readObject, type Cluster, type ClusterPlace } from "./cluster.js";
import type { ClusterSpec } from "./cluster-spec.js";
import { specAnnotation } from "./manifests.js";
import { findDeployment, ours } from "./own-objects.js";

const listTimeoutMs = 5_000;

/** Names a deployment in the records of this machine. */
export function recordId({ context, namespace }: Cluster, name: string): RecordId {
  return { name, target: "kubernetes", cluster: { context, namespace } };
}

/** Those of every namespace that this machine has deployed to, and of the one that was asked for. */
export async function list(options: ClusterPlace): Promise<DeploymentStatus[]> {
  const records = await listRecords("kubernetes");
  const isNamed = options.context !== undefined || options.namespace !== undefined;
  const known = records.map(({ cluster }) => cluster!);
  const wanted = isNamed ? [options] : known;
  const places = new Map(wanted.map((place) => [`${place.context ?? ""} ${place.namespace ?? ""}`, place]));
  const found = await Promise.all([...places.values()].map((place) => listIn(place, records)));
  return found.flat();
}

async function listIn(
  place: ClusterPlace,
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

/** What a deployment is to be. @throws {@link SightbookError} when there is none of this name. */
export async function theSpec(cluster: Cluster, name: string): Promise<ClusterSpec> {
  const found = await findDeployment(cluster, name);
  if (found !== undefined) return specOf(found);
  throw new SightbookError(`${name} is not in the namespace ${cluster.namespace}; deploy() puts it there.`);
}

export function specOf({ metadata }: V1Deployment): ClusterSpec {
  return JSON.parse(metadata!.annotations![specAnnotation]!) as ClusterSpec;
}

export async function statusOf(cluster: Cluster, found: V1Deployment): Promise<DeploymentStatus> {
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
export async function addressOf(cluster: Cluster, spec: ClusterSpec): Promise<string> {
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

export function clusterAddress({ name, namespace }: ClusterSpec): string {
  return `http://${name}.${namespace}.svc.cluster.local`;
}
