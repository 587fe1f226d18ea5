import { setTimeout } from "node:timers/promises";

import type { KubernetesObject, V1Deployment, V1Pod } from "@kubernetes/client-node";

import { ArgumentError, EnvironmentError } from "../../errors.js";
import { inWords, readObject, type Cluster } from "./cluster.js";
import type { ClusterSpec } from "./cluster-spec.js";
import { deploymentLabel, managedBy, manifestsOf, objectKinds } from "./manifests.js";

const goneTimeoutMs = 120_000;

/** Selects what Sightbook made, for one deployment or for all. */
export function ours(name?: string): string {
  const label = name === undefined ? deploymentLabel : `${deploymentLabel}=${name}`;
  return `${label},app.kubernetes.io/managed-by=${managedBy["app.kubernetes.io/managed-by"]}`;
}

export async function findDeployment(cluster: Cluster, name: string): Promise<V1Deployment | undefined> {
  const { namespace } = cluster;
  const { items } = await inWords("The deployments cannot be listed", () =>
    cluster.apps.listNamespacedDeployment({ namespace, labelSelector: ours(name) }),
  );
  return items[0];
}

/** Names of the pods that can score. @throws {@link EnvironmentError} when there are none. */
export async function readyPods({ core, namespace }: Cluster, name: string): Promise<string[]> {
  const { items } = await inWords("The pods cannot be listed", () =>
    core.listNamespacedPod({ namespace, labelSelector: ours(name) }),
  );
  const ready = items.filter(isReady).map(({ metadata }) => metadata!.name!);
  if (ready.length > 0) return ready;
  throw new EnvironmentError(`${name}: no replica is ready in the namespace ${namespace}.`);
}

function isReady({ metadata, status }: V1Pod): boolean {
  const isEnding = metadata?.deletionTimestamp !== undefined;
  return (
    !isEnding && (status?.conditions ?? []).some(({ type, status: is }) => type === "Ready" && is === "True")
  );
}

/** What is there under this name and is not ours stays as it is. */
export async function refuseForeign(cluster: Cluster, spec: ClusterSpec): Promise<void> {
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

/** Removes the objects that carry this deployment's labels, of the kinds that it makes, and no others. */
export async function removeObjects(cluster: Cluster, name: string): Promise<boolean> {
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
  return found.length > 0;
}

async function ownObjects({ namespace, objects }: Cluster, name: string): Promise<KubernetesObject[]> {
  const found: KubernetesObject[] = [];
  for (const { apiVersion, kind } of objectKinds) {
    const all = undefined;
    const { items } = await inWords(`The objects of the kind ${kind} cannot be listed`, () =>
      objects.list<KubernetesObject>(apiVersion, kind, namespace, all, all, all, all, ours(name)),
    );
    // Lists leave out what all their items have in common.
    found.push(...items.map(({ metadata }) => ({ apiVersion, kind, ...(metadata && { metadata }) })));
  }
  return found;
}
