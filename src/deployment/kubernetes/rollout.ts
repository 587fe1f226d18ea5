import { setTimeout } from "node:timers/promises";

import type { V1ContainerStatus, V1Deployment, V1Pod } from "@kubernetes/client-node";

import { CancelledError, EnvironmentError } from "../../errors.js";
import { inWords, isPassing, type Cluster } from "./cluster.js";
import type { ClusterSpec } from "./cluster-spec.js";
import { deploymentLabel, versionAnnotation } from "./manifests.js";

const pollMs = 300;

export interface RolloutOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((step: string) => void) | undefined;
  /** Longest time for all replicas to become ready. */
  readonly timeoutMs: number;
}

/**
 * Waits until all replicas of a version can score.
 *
 * @throws {@link EnvironmentError} that says what is stuck: an image that cannot be pulled, a quota, a crash with the end
 *   of its log, or no node with room.
 */
export async function rolledOut(cluster: Cluster, spec: ClusterSpec, options: RolloutOptions): Promise<void> {
  const end = performance.now() + options.timeoutMs;
  let said = "";
  const tell = (progress: string): void => {
    if (progress !== said) options.onProgress?.(progress);
    said = progress;
  };
  for (;;) {
    if (options.signal?.aborted === true) throw new CancelledError("Deploying was cancelled.");
    let look: Look;
    try {
      look = await lookAt(cluster, spec);
    } catch (error) {
      // It goes on without us; a control plane that is updated is away for a while.
      if (!isPassing(error) || performance.now() > end) throw error;
      tell("The cluster does not answer");
      await setTimeout(pollMs);
      continue;
    }
    const { isDone, stuck, waits, progress } = look;
    if (isDone) return;
    if (stuck !== undefined) throw new EnvironmentError(`${spec.name}: ${stuck}`);
    tell(progress);
    if (performance.now() > end) {
      const seconds = options.timeoutMs / 1000;
      throw new EnvironmentError(`${spec.name} was not ready within ${seconds} s: ${waits ?? progress}`);
    }
    await setTimeout(pollMs);
  }
}

/** How far a version is. */
interface Look {
  readonly isDone: boolean;
  /** What no waiting will mend. */
  readonly stuck?: string | undefined;
  /** Why pods that are not ready wait. */
  readonly waits?: string | undefined;
  readonly progress: string;
}

async function lookAt(cluster: Cluster, spec: ClusterSpec): Promise<Look> {
  const { name, namespace } = spec;
  const deployment = await inWords(`Deployment ${name} cannot be read`, () =>
    cluster.apps.readNamespacedDeployment({ name, namespace }),
  );
  const { updatedReplicas = 0, availableReplicas = 0 } = deployment.status ?? {};
  const progress = `${Math.min(updatedReplicas, availableReplicas)} of ${spec.replicas} replicas ready`;
  // What the status says before the cluster has seen the change is about the state before.
  if (!isObserved(deployment)) return { isDone: false, progress };
  if (isReady(deployment, spec)) return { isDone: true, progress };
  const pods = await podsOf(cluster, spec);
  const stuck = (await hopeless(cluster, pods)) ?? refused(deployment);
  return { isDone: false, stuck, waits: waiting(pods), progress };
}

function isObserved({ metadata, status }: V1Deployment): boolean {
  return (status?.observedGeneration ?? 0) >= (metadata?.generation ?? 0);
}

function isReady({ status = {} }: V1Deployment, { replicas }: ClusterSpec): boolean {
  const { updatedReplicas = 0, availableReplicas = 0, replicas: all = 0 } = status;
  return updatedReplicas >= replicas && updatedReplicas === all && availableReplicas === all;
}

/** The pods of this version, without those that leave: of a try before this one, whose image may have been missing. */
async function podsOf(cluster: Cluster, { name, namespace, version }: ClusterSpec): Promise<V1Pod[]> {
  const { items } = await inWords("The pods cannot be listed", () =>
    cluster.core.listNamespacedPod({ namespace, labelSelector: `${deploymentLabel}=${name}` }),
  );
  return items.filter(
    ({ metadata }) =>
      metadata?.annotations?.[versionAnnotation] === version && metadata.deletionTimestamp === undefined,
  );
}

const pullReasons = new Set(["ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull"]);

/** What no waiting will mend, of pods that have one container each. */
export async function hopeless(cluster: Cluster, pods: readonly V1Pod[]): Promise<string | undefined> {
  for (const pod of pods) {
    for (const container of pod.status?.containerStatuses ?? []) {
      const { reason = "", message = "" } = container.state?.waiting ?? {};
      if (pullReasons.has(reason)) {
        return `the image ${pod.spec?.containers[0]?.image ?? ""} cannot be pulled (${reason}${message ? `: ${message}` : ""}). Push it, or name an imagePullSecret.`;
      }
      // A node that has just begun, or is very busy, may not have got the Secret yet; it asks again.
      const isPassing = message.startsWith("failed to sync");
      if (!isPassing && (reason === "CreateContainerConfigError" || reason === "CreateContainerError")) {
        return `a container cannot be made (${reason}: ${message}).`;
      }
      // One that crashed some day and serves again is no reason to end.
      if (container.restartCount > 0 && !container.ready) return crashed(cluster, pod, container);
    }
  }
  return undefined;
}

async function crashed(
  { core, namespace }: Cluster,
  pod: V1Pod,
  container: V1ContainerStatus,
): Promise<string> {
  const last = container.lastState?.terminated ?? container.state?.terminated;
  const how = last ? `${last.reason ?? "it ended"}, exit code ${last.exitCode}` : "it ended";
  const log = await core
    .readNamespacedPodLog({ name: pod.metadata!.name!, namespace, previous: true, tailLines: 10 })
    .catch((error: unknown) => `(its log cannot be read: ${(error as Error).message.split("\n")[0]})`);
  return `a replica crashed (${how}). Its log ends with:\n${log.trimEnd()}`;
}

/** A quota or an admission rule lets the cluster make no pods. */
function refused({ status }: V1Deployment): string | undefined {
  const failure = status?.conditions?.find(
    ({ type, status: is }) => type === "ReplicaFailure" && is === "True",
  );
  if (failure !== undefined)
    return `the cluster refuses its pods: ${failure.message ?? failure.reason ?? ""}`;
  const late = status?.conditions?.find(({ reason }) => reason === "ProgressDeadlineExceeded");
  return late?.message;
}

/** Why pods that are not ready wait, as far as they know. */
export function waiting(pods: readonly V1Pod[]): string | undefined {
  for (const { status } of pods) {
    const unscheduled = status?.conditions?.find(({ reason }) => reason === "Unschedulable");
    if (unscheduled !== undefined) return `no node has room (${unscheduled.message ?? ""})`;
  }
  return undefined;
}
