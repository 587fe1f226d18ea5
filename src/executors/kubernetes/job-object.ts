import { setTimeout } from "node:timers/promises";

import type { V1Job } from "@kubernetes/client-node";

import type { ShardJob } from "../../batch/index.js";
import { apiStatus, inWords, readObject, type Cluster } from "../../deployment/kubernetes/cluster.js";
import { EnvironmentError } from "../../errors.js";
import { runLabel } from "./job-manifest.js";

const goneTimeoutMs = 120_000;

/** The Job of a run, and where it is or is to be. */
export interface JobReference {
  readonly cluster: Cluster;
  readonly name: string;
}

export async function readJob({ cluster, name }: JobReference): Promise<V1Job | undefined> {
  const { namespace } = cluster;
  return readObject(cluster, { apiVersion: "batch/v1", kind: "Job", metadata: { name, namespace } });
}

export function isOurs({ metadata }: V1Job, { id }: ShardJob): boolean {
  return metadata?.labels?.[runLabel] === id;
}

export function isLeaving({ metadata }: V1Job): boolean {
  return metadata?.deletionTimestamp !== undefined;
}

export function isEnded({ status }: V1Job): boolean {
  const isSo = (type: string): boolean =>
    status?.conditions?.some((condition) => condition.type === type && condition.status === "True") ?? false;
  return isSo("Complete") || isSo("Failed");
}

/** Removes an ended Job of ours, whose failures are tried again; leaves another's. */
export async function replaceable(reference: JobReference, found: V1Job, job: ShardJob): Promise<void> {
  if (isOurs(found, job)) return deleteJob(reference);
  throw new EnvironmentError(
    `There is a Job ${reference.name} that this run has not made; rename or delete it.`,
  );
}

/** Deletes the Job and its pods, and what belongs to it; waits until they are gone. */
export async function deleteJob(reference: JobReference): Promise<void> {
  const { cluster, name } = reference;
  const { objects, namespace } = cluster;
  const metadata = { name, namespace };
  for (const [apiVersion, kind] of [
    ["batch/v1", "Job"],
    ["networking.k8s.io/v1", "NetworkPolicy"],
  ] as const) {
    await inWords(`${kind} ${name} cannot be deleted`, () =>
      objects
        .delete({ apiVersion, kind, metadata }, undefined, undefined, undefined, undefined, "Foreground")
        .catch((error: unknown) => {
          if (apiStatus(error)?.code !== 404) throw error;
        }),
    );
  }
  for (const end = performance.now() + goneTimeoutMs; (await readJob(reference)) !== undefined;) {
    if (performance.now() > end) {
      throw new EnvironmentError(
        `The cluster has not removed the Job ${name} within ${goneTimeoutMs / 1000} s.`,
      );
    }
    await setTimeout(200);
  }
}
