import type { V1ContainerStatus, V1Pod } from "@kubernetes/client-node";

import type { Cluster } from "./cluster.js";

/** What keeps a pod from running. */
export interface Stuck {
  /** In words, for the user. */
  readonly what: string;
  /** How long it may last until it is clear that no waiting will mend it; `Infinity`: something else may end it. */
  readonly finalAfterMs: number;
}

/** Knows for how long pods have been stuck without a break. */
export class Patience {
  #since: number | undefined;

  /** To be told at every look. @returns What no waiting will mend. */
  final(stuck: Stuck | undefined): Stuck | undefined {
    if (stuck === undefined || stuck.finalAfterMs === Infinity) {
      this.#since = undefined;
      return undefined;
    }
    this.#since ??= performance.now();
    return performance.now() - this.#since >= stuck.finalAfterMs ? stuck : undefined;
  }
}

/**
 * A kubelet pulls again after 10 s. Its first try may be without a Secret that is there: it waits one second for it and
 * goes on without; and registries have moments.
 */
const pullPatienceMs = 25_000;

const pullReasons = new Map([
  ["ErrImagePull", pullPatienceMs],
  ["ImagePullBackOff", pullPatienceMs],
  ["InvalidImageName", 0],
  ["ErrImageNeverPull", 0],
]);

/** What has failed in pods that have one container each. */
export async function whatFailed(cluster: Cluster, pods: readonly V1Pod[]): Promise<Stuck | undefined> {
  for (const pod of pods) {
    for (const container of pod.status?.containerStatuses ?? []) {
      const { reason = "", message = "" } = container.state?.waiting ?? {};
      const finalAfterMs = pullReasons.get(reason);
      if (finalAfterMs !== undefined) {
        const what = `the image ${pod.spec?.containers[0]?.image ?? ""} cannot be pulled (${reason}${message ? `: ${message}` : ""}). Push it, or name an imagePullSecret.`;
        return { what, finalAfterMs };
      }
      if (reason === "CreateContainerConfigError" || reason === "CreateContainerError") {
        // A node that has just begun, or is very busy, may not have got the Secret yet; it asks again.
        const isPassing = message.startsWith("failed to sync");
        const what = `a container cannot be made (${reason}: ${message}).`;
        return { what, finalAfterMs: isPassing ? Infinity : 0 };
      }
      // One that crashed some day and serves again is no reason to end.
      if (container.restartCount > 0 && !container.ready) {
        return { what: await crashed(cluster, pod, container), finalAfterMs: 0 };
      }
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

/** What pods wait for, as far as they know. */
export function whatIsAwaited(pods: readonly V1Pod[]): Stuck | undefined {
  for (const { status } of pods) {
    const unscheduled = status?.conditions?.find(({ reason }) => reason === "Unschedulable");
    if (unscheduled !== undefined) {
      return { what: `no node has room (${unscheduled.message ?? ""})`, finalAfterMs: Infinity };
    }
  }
  return undefined;
}
