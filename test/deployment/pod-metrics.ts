import { ApiextensionsV1Api, CustomObjectsApi, type KubeConfig, type V1Pod } from "@kubernetes/client-node";
import { setTimeout } from "node:timers/promises";

const [group, version, plural] = ["metrics.k8s.io", "v1beta1", "pods"];

/** Stands in for metrics-server: the autoscaler reads what is written here as it would read a node's measurements. */
export async function servePodMetrics(config: KubeConfig): Promise<void> {
  await config.makeApiClient(ApiextensionsV1Api).createCustomResourceDefinition({
    body: {
      metadata: {
        name: `${plural}.${group}`,
        // The group is one of Kubernetes's own.
        annotations: { "api-approved.kubernetes.io": "unapproved, test" },
      },
      spec: {
        group,
        scope: "Namespaced",
        names: { plural, singular: "pod", kind: "PodMetrics", listKind: "PodMetricsList" },
        versions: [
          {
            name: version,
            served: true,
            storage: true,
            schema: { openAPIV3Schema: { type: "object", x_kubernetes_preserve_unknown_fields: true } },
          },
        ],
      },
    },
  });
  const objects = config.makeApiClient(CustomObjectsApi);
  for (;;) {
    try {
      await objects.listNamespacedCustomObject({ group, version, plural, namespace: "default" });
      return;
    } catch {
      await setTimeout(100);
    }
  }
}

/** Says that these pods use so much processor time. */
export async function reportUsage(config: KubeConfig, pods: readonly V1Pod[], cpu: string): Promise<void> {
  const objects = config.makeApiClient(CustomObjectsApi);
  for (const { metadata } of pods) {
    const { name = "", namespace = "", labels = {} } = metadata!;
    await objects
      .deleteNamespacedCustomObject({ group, version, plural, namespace, name })
      .catch(() => undefined);
    await objects.createNamespacedCustomObject({
      group,
      version,
      plural,
      namespace,
      body: {
        apiVersion: `${group}/${version}`,
        kind: "PodMetrics",
        metadata: { name, namespace, labels },
        timestamp: new Date().toISOString(),
        window: "1s",
        containers: [{ name: "scoring", usage: { cpu, memory: "100Mi" } }],
      },
    });
  }
}
