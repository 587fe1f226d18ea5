import type { V1Job, V1NetworkPolicy } from "@kubernetes/client-node";

import { formatShards, shardListVariable, workerExitCodes, type ShardJob } from "../../batch/index.js";
import { containerUser } from "../../deployment/image/image-archive.js";
import { managedBy } from "../../deployment/kubernetes/manifests.js";
import { mountPaths, volumesOf, type VolumePlace } from "./volumes.js";

/** What a batch run's Job is to be. */
export interface JobSpec {
  readonly namespace: string;
  readonly image: string;
  readonly imagePullSecret?: string | undefined;
  readonly run: VolumePlace;
  readonly images: VolumePlace;
  /** Pods at a time. */
  readonly workers: number;
  readonly attempts: number;
  /** Of each pod. */
  readonly cpus: number;
  readonly memory: string;
  /** Number of the user and group who own the run's folder. */
  readonly user: { readonly uid: number; readonly gid: number };
  /** After how long the cluster removes the ended Job whose client never came back. */
  readonly keptSeconds: number;
}

/** Carried by all that a run has in a cluster; its value is the run's id. */
export const runLabel = "sightbook.dev/batch";
/** Which shards the Job's indices count. */
export const shardsAnnotation = "sightbook.dev/shards";
export const workerContainer = "worker";
/** A longer list does not fit the environment of a process; then all shards are counted, and those that are finished end at once. */
const longestList = 100_000;

export function jobName(id: string): string {
  return `sightbook-batch-${id}`;
}

/** The Job that runs the pending shards, one index each. */
export function jobManifest(job: ShardJob, spec: JobSpec): V1Job {
  const { namespace, image, imagePullSecret, workers, attempts, cpus, memory, user, keptSeconds } = spec;
  const { volumes, volumeMounts } = volumesOf(spec);
  const list = formatShards(job.pending);
  const isPart = job.pending.length < job.shards && list.length <= longestList;
  const labels = { [runLabel]: job.id, ...managedBy, "app.kubernetes.io/component": "batch" };
  const resources = { cpu: String(cpus), memory };
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: {
      name: jobName(job.id),
      namespace,
      labels,
      annotations: { [shardsAnnotation]: isPart ? list : `0-${job.shards - 1}` },
    },
    spec: {
      completionMode: "Indexed",
      completions: isPart ? job.pending.length : job.shards,
      parallelism: workers,
      backoffLimitPerIndex: attempts - 1,
      ttlSecondsAfterFinished: keptSeconds,
      podReplacementPolicy: "Failed",
      podFailurePolicy: {
        rules: [
          {
            action: "FailIndex",
            onExitCodes: {
              containerName: workerContainer,
              operator: "In",
              values: [workerExitCodes.hopeless],
            },
          },
          // Nobody's fault, and no attempt: its node is drained, or it made room for another.
          { action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] },
          {
            action: "Ignore",
            onExitCodes: {
              containerName: workerContainer,
              operator: "In",
              values: [workerExitCodes.interrupted],
            },
          },
        ],
      },
      template: {
        metadata: { labels },
        spec: {
          restartPolicy: "Never",
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          terminationGracePeriodSeconds: 10,
          ...(imagePullSecret !== undefined && { imagePullSecrets: [{ name: imagePullSecret }] }),
          securityContext: {
            runAsNonRoot: true,
            runAsUser: user.uid,
            runAsGroup: user.gid,
            fsGroup: user.gid,
            fsGroupChangePolicy: "OnRootMismatch",
            seccompProfile: { type: "RuntimeDefault" },
          },
          containers: [
            {
              name: workerContainer,
              image,
              imagePullPolicy: "IfNotPresent",
              args: [...job.command(mountPaths.run, mountPaths.images)],
              ...(isPart && { env: [{ name: shardListVariable, value: list }] }),
              resources: { requests: resources, limits: { memory } },
              // What it said last is in the pod's status, which needs no right to read logs.
              terminationMessagePolicy: "FallbackToLogsOnError",
              securityContext: {
                allowPrivilegeEscalation: false,
                readOnlyRootFilesystem: true,
                capabilities: { drop: ["ALL"] },
              },
              volumeMounts: [...volumeMounts, { name: "tmp", mountPath: "/tmp" }],
            },
          ],
          volumes: [...volumes, { name: "tmp", emptyDir: { medium: "Memory", sizeLimit: "64Mi" } }],
        },
      },
    },
  };
}

/** Keeps the workers from the network. It goes when the Job goes, whoever removes that. */
export function jobNetworkPolicy({ metadata }: V1Job): V1NetworkPolicy {
  const { name, namespace, labels, uid } = metadata!;
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: {
      name: name!,
      namespace: namespace!,
      labels: labels!,
      ...(uid !== undefined && {
        ownerReferences: [
          { apiVersion: "batch/v1", kind: "Job", name: name!, uid, blockOwnerDeletion: true },
        ],
      }),
    },
    spec: {
      podSelector: { matchLabels: { [runLabel]: labels![runLabel]! } },
      policyTypes: ["Ingress", "Egress"],
      ingress: [],
      egress: [],
    },
  };
}

/** Root in a pod is refused everywhere; who has the run's folder to himself otherwise writes it as he does. */
export function podUser({ uid, gid }: { readonly uid: number; readonly gid: number }): JobSpec["user"] {
  return uid === 0 ? { uid: containerUser, gid: containerUser } : { uid, gid };
}
