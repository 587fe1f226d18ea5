import { setTimeout } from "node:timers/promises";

import type { V1Deployment, V1Pod } from "@kubernetes/client-node";

import { CancelledError, EnvironmentError } from "../../errors.js";
import { inWords, isPassing, type Cluster } from "./cluster.js";
import type { ClusterSpec } from "./cluster-spec.js";
import { deploymentLabel, versionAnnotation } from "./manifests.js";
import { Patience, whatFailed, whatIsAwaited, type Stuck } from "./stuck.js";

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
  const patience = new Patience();
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
    const { isDone, stuck, progress } = look;
    if (isDone) return;
    const final = patience.final(stuck);
    if (final !== undefined) throw new EnvironmentError(`${spec.name}: ${final.what}`);
    tell(stuck === undefined ? progress : `${progress}: ${stuck.what}`);
    if (performance.now() > end) {
      const seconds = options.timeoutMs / 1000;
      throw new EnvironmentError(
        `${spec.name} was not ready within ${seconds} s: ${stuck?.what ?? progress}`,
      );
    }
    await setTimeout(pollMs);
  }
}

/** How far a version is. */
interface Look {
  readonly isDone: boolean;
  readonly stuck?: Stuck | undefined;
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
  const stuck = (await whatFailed(cluster, pods)) ?? refused(deployment) ?? whatIsAwaited(pods);
  return { isDone: false, stuck, progress };
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

/** A quota or an admission rule lets the cluster make no pods. */
function refused({ status }: V1Deployment): Stuck | undefined {
  const failure = status?.conditions?.find(
    ({ type, status: is }) => type === "ReplicaFailure" && is === "True",
  );
  if (failure !== undefined) {
    return {
      what: `the cluster refuses its pods: ${failure.message ?? failure.reason ?? ""}`,
      finalAfterMs: 0,
    };
  }
  const late = status?.conditions?.find(({ reason }) => reason === "ProgressDeadlineExceeded");
  return late && { what: late.message ?? "it makes no progress", finalAfterMs: 0 };
}
