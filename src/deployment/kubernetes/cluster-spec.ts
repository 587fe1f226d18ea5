import { ArgumentError } from "../../errors.js";
import { nextRecording, type RecordingOptions } from "../recording.js";
import { keptVersions, type DeploymentRequest } from "../target.js";
import type { ClusterPlace } from "./cluster.js";

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
  /**
   * Name of a PersistentVolumeClaim, `ReadWriteMany`, for the records of a deployment that has `record`. Default: each pod
   * keeps its own, and they go with it.
   */
  readonly recordsClaim?: string;
  /** Longest time for all replicas to become ready. Default 600,000. */
  readonly readyTimeoutMs?: number;
}

/** What a deployment is to be in a cluster. */
export interface ClusterSpec {
  readonly name: string;
  readonly namespace: string;
  /** Repository of its images, such as `"registry.example.org/team/tableware"`; the versions are its tags. */
  readonly repository: string;
  /** Version of the model that is served. */
  readonly version: string;
  /** Those served before, the oldest first. */
  readonly earlier: readonly string[];
  /** Digests in the repository of the versions that were pushed from here; another version is found by its tag. */
  readonly digests?: Readonly<Record<string, string>> | undefined;
  /** SHA-256 of the primary and of the secondary key. */
  readonly keyDigests: readonly string[];
  /** The autoscaler keeps the number of replicas between these two. */
  readonly replicas: number;
  readonly maxReplicas: number;
  /** Whether a load balancer outside of the cluster is asked for. */
  readonly expose: "cluster" | "loadBalancer";
  readonly imagePullSecret?: string | undefined;
  readonly record?: RecordingOptions | undefined;
  readonly recordsClaim?: string | undefined;
  /** Of each replica, as Kubernetes writes quantities. */
  readonly cpu: string;
  readonly memory: string;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
}

/** What is to be there after a request, given what is there now. */
export function nextSpec(
  request: Omit<DeploymentRequest, "bundle">,
  options: KubernetesOptions,
  namespace: string,
  old: ClusterSpec | undefined,
  keyDigests: readonly string[],
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
  const served = old && old.version !== version ? [...old.earlier, old.version] : (old?.earlier ?? []);
  const earlier = served.filter((one) => one !== version).slice(1 - keptVersions);
  // In another repository they would be others.
  const known = repository === old?.repository ? Object.entries(old.digests ?? {}) : [];
  return {
    name,
    namespace,
    repository,
    version,
    earlier,
    digests: Object.fromEntries(known.filter(([one]) => earlier.includes(one))),
    keyDigests,
    replicas,
    maxReplicas: Math.max(replicas, options.maxReplicas ?? old?.maxReplicas ?? 2 * replicas),
    expose: options.expose ?? old?.expose ?? "cluster",
    imagePullSecret: options.imagePullSecret ?? old?.imagePullSecret,
    record: nextRecording(request.record, old?.record),
    recordsClaim: options.recordsClaim ?? old?.recordsClaim,
    cpu: options.cpu ?? old?.cpu ?? "1",
    memory: options.memory ?? old?.memory ?? "1Gi",
    createdAt: old?.createdAt ?? new Date().toISOString(),
  };
}
