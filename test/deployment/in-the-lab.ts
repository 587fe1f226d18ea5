/** Runs inside the lab's network: deploys a model as real pods, asks them, kills one, changes the version, goes back, deletes. */
import assert from "node:assert/strict";
import { setTimeout } from "node:timers/promises";

import { Deployment, type KubernetesOptions } from "../../src/deployment/index.js";
import { connectCluster } from "../../src/deployment/kubernetes/cluster.js";
import { managedBy } from "../../src/deployment/kubernetes/manifests.js";
import { forwardPort } from "../../src/deployment/kubernetes/port-forward.js";
import { colourImage, red } from "../serving/colour-bundle.js";

const [first, second] = process.env["LAB_BUNDLES"]!.split(":");
const kubernetes: KubernetesOptions = {
  namespace: "default",
  repository: "docker.io/lab/colours",
  push: false,
  cpu: "50m",
  memory: "512Mi",
  readyTimeoutMs: 120_000,
};
const options = { name: "colours", target: "kubernetes", kubernetes } as const;
const { core } = await connectCluster(kubernetes);
const image = await colourImage(red);

async function addresses(): Promise<string[]> {
  const { items } = await core.listNamespacedPod({
    namespace: "default",
    labelSelector: "sightbook.dev/deployment=colours",
    fieldSelector: "status.phase=Running",
  });
  return items
    .filter(({ metadata }) => metadata!.deletionTimestamp === undefined)
    .map(({ status }) => status!.podIP!);
}

async function versions(): Promise<string[]> {
  const scored = (await addresses()).map(async (address) => {
    const endpoint = `http://${address}:8080`;
    const { label, modelVersion } = await Deployment.scoreExistingService(image, {
      endpoint,
      key: deployment.key,
    });
    assert.equal(label, "red");
    return modelVersion;
  });
  return Promise.all(scored);
}

const started = performance.now();
const deployment = await new Deployment({ ...options, model: first!, replicas: 2, record: true }).deploy();
const { version } = deployment;
console.log(`ready after ${((performance.now() - started) / 1000).toFixed(1)} s`);
assert.deepEqual(await versions(), [version, version]);
assert.match(await deployment.logs(), /"route":"\/v1\/predict","status":200/u);
// One whose image is nowhere has no log; the others have.
await core.createNamespacedPod({
  namespace: "default",
  body: {
    metadata: { name: "mute", labels: { "sightbook.dev/deployment": "colours", ...managedBy } },
    spec: { containers: [{ name: "scoring", image: "docker.io/lab/nowhere:1", imagePullPolicy: "Never" }] },
  },
});
const logs = await deployment.logs();
assert.match(logs, /"route":"\/v1\/predict","status":200/u);
assert.match(logs, /^mute:\nThe log of mute cannot be read: /mu);
await core.deleteNamespacedPod({ namespace: "default", name: "mute", gracePeriodSeconds: 0 });

// As a notebook outside of the cluster does: through the API server, to both replicas.
const score = await deployment.scoreImage(image);
assert.equal(score.label, "red");
const report = await deployment.loadTest({ connections: 4, requests: 60, images: [image] });
assert.equal(report.steps[0]!.answers, 60);
// From both replicas.
let records = await deployment.records();
for (; records.length < 61 + 2; records = await deployment.records()) await setTimeout(200);
assert.ok(records.every(({ label, statistics }) => label === "red" && statistics !== undefined));
console.log(`through the API server: ${report.steps[0]!.answers} answers`);

const passage = await forwardPort(await connectCluster(kubernetes), "colours");
const next = await new Deployment({ ...options, model: second! }).deploy();
assert.notEqual(next.version, version);
// The way that was opened to the replicas before leads to those that took their place.
while ((await addresses()).length > 2) await setTimeout(200);
const { modelVersion } = await Deployment.scoreExistingService(image, {
  endpoint: passage.endpoint,
  key: deployment.key,
});
assert.equal(modelVersion, next.version);
await passage.close();
for (const served of await versions()) assert.equal(served, next.version);
assert.equal(await deployment.rollback(), version);
for (const served of await versions()) assert.equal(served, version);

// The image of this version is nowhere.
const { writeColourBundle } = await import("../serving/colour-bundle.js");
await assert.rejects(new Deployment({ ...options, model: await writeColourBundle({ bias: 5 }) }).deploy(), {
  message: /^colours: the image docker\.io\/lab\/colours:[0-9a-f]{12} cannot be pulled/u,
});
for (const served of await versions()) assert.equal(served, version);

const { items: pods } = await core.listNamespacedPod({
  namespace: "default",
  labelSelector: "sightbook.dev/deployment=colours",
});
await core.deleteNamespacedPod({
  name: pods[0]!.metadata!.name!,
  namespace: "default",
  gracePeriodSeconds: 0,
});
await setTimeout(500);
while ((await deployment.status())!.state !== "running") await setTimeout(200);
assert.deepEqual(await versions(), [version, version]);

assert.equal(await deployment.delete(), true);
const { items: left } = await core.listNamespacedPod({ namespace: "default" });
assert.deepEqual(
  left.map(({ metadata: pod }) => pod!.name),
  [],
);
console.log("done");
