/** Runs inside the lab's network: deploys a model whose image the node pulls from a registry that wants a login. */
import assert from "node:assert/strict";

import type { V1Container } from "@kubernetes/client-node";

import { Deployment, type KubernetesOptions } from "../../src/deployment/index.js";
import { connectCluster } from "../../src/deployment/kubernetes/cluster.js";
import { colourImage, red } from "../serving/colour-bundle.js";
import { makePullSecret } from "./pull-secret.js";

const repository = process.env["LAB_REPOSITORY"]!;
const kubernetes: KubernetesOptions = {
  namespace: "default",
  repository,
  cpu: "50m",
  memory: "512Mi",
  readyTimeoutMs: 120_000,
};
const options = { name: "pulled", model: process.env["LAB_BUNDLE"]!, target: "kubernetes" } as const;
const { core } = await connectCluster(kubernetes);

await assert.rejects(new Deployment({ ...options, kubernetes }).deploy(), {
  name: "EnvironmentError",
  message: new RegExp(
    `^pulled: the image ${repository}@sha256:[0-9a-f]{64} cannot be pulled \\((?:ErrImagePull|ImagePullBackOff): .*401 .*\\)\\. Push it, or name an imagePullSecret\\.$`,
    "su",
  ),
});
assert.equal(await new Deployment({ ...options, kubernetes }).exists(), false);

await makePullSecret(core, "default", "registry");
const deployment = await new Deployment({
  ...options,
  kubernetes: { ...kubernetes, imagePullSecret: "registry" },
}).deploy();
assert.equal((await deployment.scoreImage(await colourImage(red))).label, "red");
const { items } = await core.listNamespacedPod({
  namespace: "default",
  labelSelector: "sightbook.dev/deployment=pulled",
});
const { spec, status } = items[0]!;
const [{ image }] = spec!.containers as [V1Container];
// What is pushed under the same tag later is another image, and no node takes it for this one.
assert.match(image!, new RegExp(`^${repository}@sha256:[0-9a-f]{64}$`, "u"));
assert.equal(status!.containerStatuses![0]!.imageID, image);
assert.equal(await deployment.delete(), true);
console.log("done");
