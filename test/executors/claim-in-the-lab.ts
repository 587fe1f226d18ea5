/**
 * Runs inside the lab's network: a batch as an Indexed Job of real pods, whose image comes from a registry, and whose images and
 * results lie on the volume of one PersistentVolumeClaim.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";

import { Watch, type V1Pod } from "@kubernetes/client-node";

import { batch, kubernetesJob } from "sightbook";

import { connectCluster } from "../../src/deployment/kubernetes/cluster.js";
import { assertEachImageOnce, rowsOf } from "../batch/runs.js";
import { makePullSecret } from "../deployment/pull-secret.js";

const { LAB_BATCH = "", LAB_REPOSITORY: repository = "" } = process.env;
const [bundle = "", volume = ""] = LAB_BATCH.split(":");
const [images, run] = [join(volume, "images"), join(volume, "run")];
const work = { bundle, images, output: run, shardSize: 15 };
const namespace = "default";

// The folder belongs to nobody whom the host knows, and so do its pods.
await assert.rejects(batch({ ...work, signal: AbortSignal.abort() }), { name: "CancelledError" });
assert.equal(spawnSync("chown", ["-R", "4321:4321", run]).status, 0);

const { config, core } = await connectCluster({ namespace });
await makePullSecret(core, namespace, "registry-for-batches");
const capacity = { storage: "1Gi" };
const common = { accessModes: ["ReadWriteMany"], storageClassName: "" };
await core.createPersistentVolume({
  body: {
    metadata: { name: "photos" },
    spec: { ...common, capacity, hostPath: { path: volume, type: "Directory" } },
  },
});
await core.createNamespacedPersistentVolumeClaim({
  namespace,
  body: {
    metadata: { name: "photos" },
    spec: { ...common, volumeName: "photos", resources: { requests: capacity } },
  },
});

/** The last that was known of each pod. */
const pods = new Map<string, V1Pod>();
const watching = await new Watch(config).watch(
  `/api/v1/namespaces/${namespace}/pods`,
  {},
  (_phase, pod: V1Pod) => pods.set(pod.metadata!.name!, pod),
  () => undefined,
);
await batch({
  ...work,
  executor: kubernetesJob({
    namespace,
    repository,
    imagePullSecret: "registry-for-batches",
    run: { claim: "photos", path: "run" },
    images: { claim: "photos", path: "images" },
    workers: 2,
    cpus: 0.05,
    memory: "512Mi",
  }),
});
watching.abort();

await assertEachImageOnce(run);
const locally = join(volume, "locally");
await batch({ ...work, output: locally });
assert.deepEqual(await rowsOf(run), await rowsOf(locally));
const owner = spawnSync("stat", ["-c", "%u", join(run, "results", "000000.parquet")], { encoding: "utf8" });
assert.equal(owner.stdout.trim(), "4321");
assert.equal(pods.size, 4);
for (const { spec, status } of pods.values()) {
  const claims = spec!.volumes!.flatMap(
    ({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName ?? [],
  );
  assert.deepEqual(claims, ["photos"]);
  assert.ok(status!.containerStatuses![0]!.imageID.startsWith(`${repository}@sha256:`));
}
const { items: left } = await core.listNamespacedPod({ namespace });
assert.deepEqual(
  left.map(({ metadata }) => metadata!.name),
  [],
);
console.log("done");
