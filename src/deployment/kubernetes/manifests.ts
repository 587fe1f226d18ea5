import type {
  KubernetesObject,
  V1Deployment,
  V1NetworkPolicy,
  V1PodDisruptionBudget,
  V1Secret,
  V1Service,
  V2HorizontalPodAutoscaler,
} from "@kubernetes/client-node";

import { containerUser, metricsPort, scoringPort, servingCommand } from "../image/image-archive.js";

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
  readonly keyDigest: string;
  /** The autoscaler keeps the number of replicas between these two. */
  readonly replicas: number;
  readonly maxReplicas: number;
  /** Whether a load balancer outside of the cluster is asked for. */
  readonly expose: "cluster" | "loadBalancer";
  readonly imagePullSecret?: string | undefined;
  /** Of each replica, as Kubernetes writes quantities. */
  readonly cpu: string;
  readonly memory: string;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
}

export const deploymentLabel = "sightbook.dev/deployment";
export const versionAnnotation = "sightbook.dev/version";
/** Holds the whole {@link ClusterSpec}: the cluster is the only place where it is kept. */
export const specAnnotation = "sightbook.dev/spec";
export const managedBy = { "app.kubernetes.io/managed-by": "sightbook" } as const;

/** Longer than a replica takes to answer what it accepted. */
const gracePeriodSeconds = 45;

export function imageOf({ repository, version }: Pick<ClusterSpec, "repository" | "version">): string {
  return `${repository}:${version}`;
}

/** All objects of a deployment, in the order in which they are applied. */
export function manifestsOf(spec: ClusterSpec): KubernetesObject[] {
  return [
    secret(spec),
    networkPolicy(spec),
    service(spec),
    deployment(spec),
    autoscaler(spec),
    disruptionBudget(spec),
  ];
}

/** The kinds of object that a deployment is made of, in the order in which they are applied. */
export function objectKinds(): { readonly apiVersion: string; readonly kind: string }[] {
  const any: ClusterSpec = {
    name: "any",
    namespace: "any",
    repository: "any",
    version: "any",
    earlier: [],
    keyDigest: "",
    replicas: 1,
    maxReplicas: 1,
    expose: "cluster",
    cpu: "1",
    memory: "1Gi",
    createdAt: "",
  };
  return manifestsOf(any).map(({ apiVersion, kind }) => ({ apiVersion: apiVersion!, kind: kind! }));
}

function metadata({ name, namespace }: ClusterSpec, annotations?: Record<string, string>) {
  return {
    name,
    namespace,
    labels: { ...selector(name), ...managedBy, "app.kubernetes.io/component": "scoring" },
    ...(annotations && { annotations }),
  };
}

function selector(name: string): Record<string, string> {
  return { [deploymentLabel]: name };
}

/** Only the hash of the key: who reads it still cannot score. */
function secret(spec: ClusterSpec): V1Secret {
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: metadata(spec),
    type: "Opaque",
    data: { keyDigests: Buffer.from(spec.keyDigest).toString("base64") },
  };
}

/** Requests come in on one port; nothing goes out. Metrics are for the same namespace. */
function networkPolicy(spec: ClusterSpec): V1NetworkPolicy {
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: metadata(spec),
    spec: {
      podSelector: { matchLabels: selector(spec.name) },
      policyTypes: ["Ingress", "Egress"],
      ingress: [
        { ports: [{ port: scoringPort, protocol: "TCP" }] },
        { _from: [{ podSelector: {} }], ports: [{ port: metricsPort, protocol: "TCP" }] },
      ],
      egress: [],
    },
  };
}

function service(spec: ClusterSpec): V1Service {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: metadata(spec),
    spec: {
      type: spec.expose === "loadBalancer" ? "LoadBalancer" : "ClusterIP",
      selector: selector(spec.name),
      ports: [{ name: "http", port: 80, protocol: "TCP", targetPort: "http" }],
    },
  };
}

function deployment(spec: ClusterSpec): V1Deployment {
  const { name, version, imagePullSecret, cpu, memory } = spec;
  const probe = (path: string) => ({ httpGet: { path, port: "http" as const }, timeoutSeconds: 5 });
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: metadata(spec, { [specAnnotation]: JSON.stringify(spec) }),
    spec: {
      // The number of replicas is the autoscaler's.
      selector: { matchLabels: selector(name) },
      revisionHistoryLimit: 5,
      progressDeadlineSeconds: 600,
      strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      template: {
        metadata: {
          labels: { ...selector(name), ...managedBy },
          annotations: { [versionAnnotation]: version, "sightbook.dev/key-digest": spec.keyDigest },
        },
        spec: {
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          terminationGracePeriodSeconds: gracePeriodSeconds,
          ...(imagePullSecret !== undefined && { imagePullSecrets: [{ name: imagePullSecret }] }),
          securityContext: {
            runAsNonRoot: true,
            runAsUser: containerUser,
            runAsGroup: containerUser,
            seccompProfile: { type: "RuntimeDefault" },
          },
          containers: [
            {
              name: "scoring",
              image: imageOf(spec),
              imagePullPolicy: "IfNotPresent",
              // The endpoints of a service change a moment after a pod is told to end.
              args: servingCommand([
                `--name=${name}`,
                `--model-version=${version}`,
                "--workers=1",
                "--drain-delay-ms=5000",
              ]),
              env: [
                { name: "SIGHTBOOK_KEY_DIGESTS", valueFrom: { secretKeyRef: { name, key: "keyDigests" } } },
              ],
              ports: [
                { name: "http", containerPort: scoringPort, protocol: "TCP" },
                { name: "metrics", containerPort: metricsPort, protocol: "TCP" },
              ],
              resources: { requests: { cpu, memory }, limits: { memory } },
              startupProbe: { ...probe("/readyz"), periodSeconds: 1, failureThreshold: 120 },
              readinessProbe: { ...probe("/readyz"), periodSeconds: 2, failureThreshold: 1 },
              livenessProbe: { ...probe("/healthz"), periodSeconds: 10, failureThreshold: 3 },
              securityContext: {
                allowPrivilegeEscalation: false,
                readOnlyRootFilesystem: true,
                capabilities: { drop: ["ALL"] },
              },
              volumeMounts: [{ name: "tmp", mountPath: "/tmp" }],
            },
          ],
          volumes: [{ name: "tmp", emptyDir: { medium: "Memory", sizeLimit: "64Mi" } }],
        },
      },
    },
  };
}

function autoscaler(spec: ClusterSpec): V2HorizontalPodAutoscaler {
  return {
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata: metadata(spec),
    spec: {
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: spec.name },
      minReplicas: spec.replicas,
      maxReplicas: spec.maxReplicas,
      metrics: [
        {
          type: "Resource",
          resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 70 } },
        },
      ],
    },
  };
}

function disruptionBudget(spec: ClusterSpec): V1PodDisruptionBudget {
  return {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: metadata(spec),
    spec: { maxUnavailable: 1, selector: { matchLabels: selector(spec.name) } },
  };
}
