import type { V1Pod } from "@kubernetes/client-node";

import { lastError } from "../../batch/index.js";
import { inWords, type Cluster } from "../../deployment/kubernetes/cluster.js";
import { whatFailed, whatIsAwaited, type Stuck } from "../../deployment/kubernetes/stuck.js";

/** The pods of a Job that have not finished their shard. */
export async function podsOf({ core, namespace }: Cluster, job: string): Promise<V1Pod[]> {
  const { items } = await inWords("The pods cannot be listed", () =>
    core.listNamespacedPod({
      namespace,
      labelSelector: `batch.kubernetes.io/job-name=${job}`,
      fieldSelector: "status.phase!=Succeeded",
    }),
  );
  return items;
}

/** Why the pods of each index failed, as the last one of them said. */
export function failureReasons(pods: readonly V1Pod[]): Map<number, string> {
  const reasons = new Map<number, string>();
  const failed = pods.filter(({ status }) => status?.phase === "Failed");
  const startOf = ({ status }: V1Pod): number => status?.startTime?.getTime() ?? 0;
  for (const { metadata, status } of failed.sort((a, b) => startOf(a) - startOf(b))) {
    const index = Number(metadata?.annotations?.["batch.kubernetes.io/job-completion-index"]);
    const end = status?.containerStatuses?.[0]?.state?.terminated;
    const how =
      end === undefined
        ? (status?.message ?? status?.reason ?? "its pod ended")
        : end.reason === "OOMKilled"
          ? "its pod ran out of memory"
          : `its pod ended with exit code ${end.exitCode}`;
    reasons.set(index, lastError(end?.message ?? "") || how);
  }
  return reasons;
}

/** Why no pod of a Job runs, as far as the cluster knows and this user may. */
export async function whatIsStuck(
  cluster: Cluster,
  job: string,
  pods: readonly V1Pod[],
): Promise<Stuck | undefined> {
  try {
    return await whatKeeps(cluster, job, pods);
  } catch (error) {
    // The Job goes on though it is not known what keeps it.
    return { what: (error as Error).message, finalAfterMs: Infinity };
  }
}

async function whatKeeps(cluster: Cluster, job: string, pods: readonly V1Pod[]): Promise<Stuck | undefined> {
  const waitingPods = pods.filter(({ status }) => status?.phase === "Pending");
  const known = (await whatFailed(cluster, waitingPods)) ?? whatIsAwaited(waitingPods);
  if (known !== undefined) return known;
  const [pod] = waitingPods;
  if (pod !== undefined) {
    const what = await lastWarning(
      cluster,
      `involvedObject.kind=Pod,involvedObject.name=${pod.metadata!.name!}`,
    );
    return what === undefined ? undefined : { what: `a pod cannot begin: ${what}`, finalAfterMs: Infinity };
  }
  if (pods.length > 0) return undefined;
  const what = await lastWarning(
    cluster,
    `involvedObject.kind=Job,involvedObject.name=${job},reason=FailedCreate`,
  );
  if (what === undefined) return undefined;
  // A quota has room again when others end; a rule against such pods stays.
  return {
    what: `the cluster refuses its pods: ${what}`,
    finalAfterMs: what.includes("exceeded quota") ? Infinity : 0,
  };
}

/** What a controller or kubelet said last of what an event's fields select. */
async function lastWarning({ core, namespace }: Cluster, fields: string): Promise<string | undefined> {
  const { items } = await inWords("The events cannot be listed", () =>
    core.listNamespacedEvent({
      namespace,
      fieldSelector: `type=Warning,${fields}`,
    }),
  );
  const timeOf = ({ lastTimestamp, eventTime }: (typeof items)[number]): number =>
    (lastTimestamp ?? eventTime)?.getTime() ?? 0;
  return items.sort((a, b) => timeOf(a) - timeOf(b)).at(-1)?.message;
}
