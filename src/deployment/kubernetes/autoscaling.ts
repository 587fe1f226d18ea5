import type { V2HorizontalPodAutoscaler } from "@kubernetes/client-node";

import { fieldManager, inWords, readObject, type Cluster } from "./cluster.js";
import type { ClusterSpec } from "./cluster-spec.js";

/** Whether the autoscaler decides on the number of replicas; without metrics it only keeps to the least number. */
export async function isAutoscaled(cluster: Cluster, { name, namespace }: ClusterSpec): Promise<boolean> {
  const autoscaler = (await readObject(cluster, {
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata: { name, namespace },
  })) as V2HorizontalPodAutoscaler | undefined;
  const conditions = autoscaler?.status?.conditions ?? [];
  return conditions.some(({ type, status }) => type === "ScalingActive" && status === "True");
}

/** Sets the number of replicas, as `kubectl scale` does: applying the manifests never touches it. */
export async function setReplicas(
  { apps }: Cluster,
  { name, namespace, replicas }: ClusterSpec,
): Promise<void> {
  const { PatchStrategy, setHeaderOptions } = await import("@kubernetes/client-node");
  await inWords(`${name} cannot be scaled`, () =>
    apps.patchNamespacedDeploymentScale(
      { name, namespace, body: { spec: { replicas } }, fieldManager },
      setHeaderOptions("Content-Type", PatchStrategy.MergePatch),
    ),
  );
}
