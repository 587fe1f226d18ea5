import type {
  KubernetesObject,
  V1Deployment,
  V1NetworkPolicy,
  V1PodDisruptionBudget,
  V1Secret,
  V1Service,
  V1Volume,
  V2HorizontalPodAutoscaler,
} from "@kubernetes/client-node";

import { containerUser, metricsPort, scoringPort, servingCommand } from "../image/image-archive.js";
import { recordingArguments } from "../recording.js";
import type { ClusterSpec } from "./cluster-spec.js";

export const deploymentLabel = "sightbook.dev/deployment";
export const versionAnnotation = "sightbook.dev/version";
/** Holds the whole {@link ClusterSpec}: the cluster is the only place where it is kept. */
export const specAnnotation = "sightbook.dev/spec";
/** Pods begin anew when the keys change. */
const keysAnnotation = "sightbook.dev/key-digests";
/** In a pod. */
export const recordsPath = "/records";
/** In the Secret. */
export const secretKey = "keyDigests";
export const managedBy = { "app.kubernetes.io/managed-by": "sightbook" } as const;

/** Longer than a replica takes to answer what it accepted. */
const gracePeriodSeconds = 45;

/** By its digest where that is known: nodes that have an image of the same tag would not look for a newer one. */
function imageOf({ repository, version, digests }: ClusterSpec): string {
  const digest = digests?.[version];
  return digest === undefined ? `${repository}:${version}` : `${repository}@${digest}`;
}

/** The objects that a deployment is made of, in the order in which they are applied, and what each has besides its name. */
const parts: readonly (ObjectKind & { readonly body: (spec: ClusterSpec) => object })[] = [
  { apiVersion: "v1", kind: "Secret", body: secret },
  { apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy", body: networkPolicy },
  { apiVersion: "v1", kind: "Service", body: service },
  { apiVersion: "apps/v1", kind: "Deployment", body: deployment },
  { apiVersion: "autoscaling/v2", kind: "HorizontalPodAutoscaler", body: autoscaler },
  { apiVersion: "policy/v1", kind: "PodDisruptionBudget", body: disruptionBudget },
];

export interface ObjectKind {
  readonly apiVersion: string;
  readonly kind: string;
}

export const objectKinds: readonly ObjectKind[] = parts.map(({ apiVersion, kind }) => ({ apiVersion, kind }));

/** All objects of a deployment, in the order in which they are applied. */
export function manifestsOf(spec: ClusterSpec): KubernetesObject[] {
  const { name, namespace } = spec;
  const labels = { ...selector(name), ...managedBy, "app.kubernetes.io/component": "scoring" };
  return parts.map(({ apiVersion, kind, body }) => ({
    apiVersion,
    kind,
    metadata: {
      name,
      namespace,
      labels,
      ...(kind === "Deployment" && { annotations: { [specAnnotation]: JSON.stringify(spec) } }),
    },
    ...body(spec),
  }));
}

function selector(name: string): Record<string, string> {
  return { [deploymentLabel]: name };
}

/** Only the hash of the key: who reads it still cannot score. */
function secret(spec: ClusterSpec): V1Secret {
  return {
    type: "Opaque",
    data: { [secretKey]: Buffer.from(spec.keyDigests.join(",")).toString("base64") },
  };
}

/** Requests come in on one port; nothing goes out. Metrics are for the same namespace. */
function networkPolicy(spec: ClusterSpec): V1NetworkPolicy {
  return {
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
    spec: {
      // The number of replicas is the autoscaler's.
      selector: { matchLabels: selector(name) },
      revisionHistoryLimit: 5,
      progressDeadlineSeconds: 600,
      strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      template: {
        metadata: {
          labels: { ...selector(name), ...managedBy },
          annotations: { [versionAnnotation]: version, [keysAnnotation]: spec.keyDigests.join(",") },
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
            ...(spec.record && { fsGroup: containerUser }),
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
                ...recordingArguments(recordsPath, spec.record),
              ]),
              env: [{ name: "SIGHTBOOK_KEY_DIGESTS", valueFrom: { secretKeyRef: { name, key: secretKey } } }],
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
              volumeMounts: [
                { name: "tmp", mountPath: "/tmp" },
                ...(spec.record ? [{ name: "records", mountPath: recordsPath }] : []),
              ],
            },
          ],
          volumes: [
            { name: "tmp", emptyDir: { medium: "Memory", sizeLimit: "64Mi" } },
            ...(spec.record ? [recordsVolume(spec)] : []),
          ],
        },
      },
    },
  };
}

function recordsVolume({ recordsClaim }: ClusterSpec): V1Volume {
  if (recordsClaim === undefined) return { name: "records", emptyDir: {} };
  return { name: "records", persistentVolumeClaim: { claimName: recordsClaim } };
}

function autoscaler(spec: ClusterSpec): V2HorizontalPodAutoscaler {
  return {
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
    spec: { maxUnavailable: 1, selector: { matchLabels: selector(spec.name) } },
  };
}
