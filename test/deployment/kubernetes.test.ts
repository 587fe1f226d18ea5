import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout } from "node:timers/promises";

import {
  AutoscalingV2Api,
  loadYaml,
  PatchStrategy,
  RbacAuthorizationV1Api,
  setHeaderOptions,
  Watch,
  type V1Deployment,
  type V1NetworkPolicy,
  type V1Secret,
} from "@kubernetes/client-node";

import { Deployment, type KubernetesOptions } from "../../src/deployment/index.js";
import { connectCluster, readObject, type Cluster } from "../../src/deployment/kubernetes/cluster.js";
import { neededRights } from "../../src/deployment/kubernetes/needed-rights.js";
import { keyDigest } from "../../src/serving/index.js";
import { writeColourBundle } from "../serving/colour-bundle.js";
import { temporaryFolder } from "../support.js";
import { writeAccount } from "./account.js";
import { skipWithoutCluster, startCluster, type TestCluster } from "./cluster.js";
import { reportUsage, servePodMetrics } from "./pod-metrics.js";
import { PretendNode, type Fate } from "./pretend-node.js";
import { Way } from "./way.js";

const data = temporaryFolder();
process.env["SIGHTBOOK_DATA"] = data;
process.env["KUBECONFIG"] = join(data, "none");
const repository = "registry.example.org/team/colours";
const bundle = await writeColourBundle();
const other = await writeColourBundle({ bias: 1 });

test("without a kubeconfig the error says where to put one", async () => {
  await assert.rejects(new Deployment({ name: "colours", target: "kubernetes" }).exists(), {
    name: "EnvironmentError",
    message: /kubeconfig/u,
  });
});

test("manifests are written for other tools, with the hash of the key alone", async () => {
  const folder = join(temporaryFolder(), "manifests");
  const place = { repository, namespace: "shop" };
  const colours = new Deployment({
    name: "colours",
    model: bundle,
    target: "kubernetes",
    replicas: 3,
    kubernetes: { ...place, maxReplicas: 5 },
  });
  const { primary, secondary } = (await colours.writeManifests(folder))!;
  assert.deepEqual(readdirSync(folder).sort(), [
    "deployment.yaml",
    "horizontalpodautoscaler.yaml",
    "networkpolicy.yaml",
    "poddisruptionbudget.yaml",
    "secret.yaml",
    "service.yaml",
  ]);
  const texts = readdirSync(folder).map((name) => readFileSync(join(folder, name), "utf8"));
  assert.ok(texts.every((text) => text.includes("namespace: shop") && !text.includes(primary)));
  const secret = loadYaml<V1Secret>(readFileSync(join(folder, "secret.yaml"), "utf8"));
  const digests = `${keyDigest(primary)},${keyDigest(secondary!)}`;
  assert.equal(Buffer.from(secret.data!["keyDigests"]!, "base64").toString(), digests);
  // Written again for another version, they leave the clients their keys.
  assert.equal(await colours.writeManifests(folder), undefined);
  assert.deepEqual(loadYaml<V1Secret>(readFileSync(join(folder, "secret.yaml"), "utf8")), secret);
  const records = { ...place, recordsClaim: "records" };
  const recorded = join(temporaryFolder(), "recorded");
  const options = {
    name: "colours",
    model: bundle,
    target: "kubernetes",
    record: { keepImages: 0.1 },
  } as const;
  await new Deployment({ ...options, kubernetes: records }).writeManifests(recorded);
  const { spec } = loadYaml<V1Deployment>(readFileSync(join(recorded, "deployment.yaml"), "utf8"));
  const [scoring] = spec!.template.spec!.containers;
  assert.deepEqual(scoring!.args!.slice(-2), ["--record=/records", "--record-images=0.1"]);
  assert.equal(spec!.template.spec!.volumes![1]!.persistentVolumeClaim!.claimName, "records");
  const policy = readFileSync(join(folder, "networkpolicy.yaml"), "utf8");
  assert.match(policy, /- from:\n/u);
});

describe("a deployment in a cluster", { skip: skipWithoutCluster() }, () => {
  const fates = new Map<string, Fate>();
  let running: TestCluster;
  let cluster: Cluster;
  let node: PretendNode;
  const place: KubernetesOptions = {
    namespace: "shop",
    repository,
    push: false,
    cpu: "100m",
    readyTimeoutMs: 90_000,
  };
  const colours = (model: string, replicas?: number): Deployment =>
    new Deployment({
      name: "colours",
      model,
      target: "kubernetes",
      kubernetes: place,
      ...(replicas !== undefined && { replicas }),
    });
  const objectOf = (kind: string, apiVersion: string) =>
    readObject(cluster, { apiVersion, kind, metadata: { name: "colours", namespace: "shop" } });
  /** Of the pods that are not about to end. */
  const podNames = async (): Promise<string[]> => {
    const { items } = await cluster.core.listNamespacedPod({ namespace: "shop" });
    return items
      .filter(({ metadata }) => metadata!.deletionTimestamp === undefined)
      .map(({ metadata }) => metadata!.name!);
  };
  /** Begins to note each number of replicas that is set, by whomever. @returns Ends that, and tells them in their order. */
  const watchReplicas = async (): Promise<() => number[]> => {
    const numbers: number[] = [];
    const watching = await new Watch(cluster.config).watch(
      "/apis/apps/v1/namespaces/shop/deployments",
      {},
      (_phase, { spec }: V1Deployment) => {
        if (spec!.replicas !== numbers.at(-1)) numbers.push(spec!.replicas!);
      },
      () => undefined,
    );
    return () => {
      watching.abort();
      return numbers;
    };
  };
  let deployment: Deployment;

  before(async () => {
    running = await startCluster();
    process.env["KUBECONFIG"] = running.kubeconfig;
    cluster = await connectCluster(place);
    await cluster.core.createNamespace({
      body: { metadata: { name: "shop", labels: { "pod-security.kubernetes.io/enforce": "restricted" } } },
    });
    node = new PretendNode(cluster.core, (image) => fates.get(image) ?? "ready");
    await node.start();
  });
  after(async () => {
    await node.stop();
    await running.stop();
  });

  test("becomes six objects, hardened, and is ready when its replicas are", async () => {
    deployment = colours(bundle, 2);
    const steps: string[] = [];
    await deployment.deploy({ onProgress: (step) => steps.push(step) });
    assert.ok(steps.includes("Applying to the cluster"), steps.join("\n"));
    assert.equal(deployment.endpoint, "http://colours.shop.svc.cluster.local");
    const status = (await deployment.status())!;
    assert.deepEqual(
      { ...status, createdAt: "" },
      {
        name: "colours",
        target: "kubernetes",
        state: "running",
        endpoint: deployment.endpoint,
        version: deployment.version,
        previousVersions: [],
        replicas: 2,
        readyReplicas: 2,
        createdAt: "",
        cluster: { context: "test", namespace: "shop" },
      },
    );
    const secret = (await objectOf("Secret", "v1")) as V1Secret;
    const { key, secondaryKey } = deployment;
    const digests = `${keyDigest(key)},${keyDigest(secondaryKey!)}`;
    assert.equal(Buffer.from(secret.data!["keyDigests"]!, "base64").toString(), digests);
    const { spec } = (await objectOf("Deployment", "apps/v1")) as V1Deployment;
    const pod = spec!.template.spec!;
    assert.equal(pod.automountServiceAccountToken, false);
    assert.equal(pod.securityContext!.runAsNonRoot, true);
    const { securityContext } = pod.containers[0]!;
    assert.equal(securityContext!.readOnlyRootFilesystem, true);
    assert.deepEqual(securityContext!.capabilities!.drop, ["ALL"]);
    const policy = (await objectOf("NetworkPolicy", "networking.k8s.io/v1")) as V1NetworkPolicy;
    assert.deepEqual(policy.spec!.policyTypes, ["Ingress", "Egress"]);
    assert.equal(JSON.stringify(policy.spec!.ingress![1]!._from), '[{"podSelector":{}}]');
    for (const [kind, version] of [
      ["Service", "v1"],
      ["HorizontalPodAutoscaler", "autoscaling/v2"],
      ["PodDisruptionBudget", "policy/v1"],
    ] as const) {
      assert.ok(await objectOf(kind, version), kind);
    }
  });

  test("changes to another model, goes back, and scales", async () => {
    const first = deployment.version;
    const next = await colours(other).deploy();
    assert.notEqual(next.version, first);
    assert.equal(next.key, deployment.key);
    assert.deepEqual((await deployment.status())!.previousVersions, [first]);
    assert.equal(await deployment.rollback(), first);
    await deployment.scale(3);
    assert.equal((await deployment.status())!.readyReplicas, 3);
    // Without being told where to look.
    const [listed] = await Deployment.list();
    assert.equal(listed!.name, "colours");
    assert.equal(listed!.version, first);
    assert.equal((await Deployment.open("colours")).endpoint, deployment.endpoint);
  });

  test("keys are rotated by new replicas, which take the one before too", async () => {
    const { key, secondaryKey } = deployment;
    const before = await podNames();
    const next = await deployment.rotateKey();
    assert.deepEqual([deployment.key, deployment.secondaryKey], [next, key]);
    assert.equal((await Deployment.open("colours")).key, next);
    const secret = (await objectOf("Secret", "v1")) as V1Secret;
    const stored = Buffer.from(secret.data!["keyDigests"]!, "base64").toString();
    assert.equal(stored, `${keyDigest(next)},${keyDigest(key)}`);
    assert.ok(!stored.includes(keyDigest(secondaryKey!)));
    assert.deepEqual(
      (await podNames()).filter((name) => before.includes(name)),
      [],
    );
  });

  test("another machine deploys without cutting off the clients of the first", async () => {
    const { key } = deployment;
    process.env["SIGHTBOOK_DATA"] = temporaryFolder();
    const there = await colours(bundle).deploy();
    assert.equal(there.secondaryKey, undefined);
    const secret = (await objectOf("Secret", "v1")) as V1Secret;
    const stored = Buffer.from(secret.data!["keyDigests"]!, "base64").toString();
    assert.equal(stored, `${keyDigest(there.key)},${keyDigest(key)}`);
    process.env["SIGHTBOOK_DATA"] = data;
  });

  test("scales down by itself where no metrics tell the autoscaler to", async () => {
    await deployment.scale(1);
    while ((await deployment.status())!.replicas > 1) await setTimeout(100);
    await deployment.scale(3);
    assert.equal((await deployment.status())!.readyReplicas, 3);
  });

  test("the autoscaler's number of replicas survives another model and another key", async () => {
    await servePodMetrics(cluster.config);
    const grown = async (): Promise<number> => (await deployment.status())!.replicas;
    while ((await grown()) < 4) {
      const { items } = await cluster.core.listNamespacedPod({ namespace: "shop" });
      await reportUsage(cluster.config, items, "300m");
      await setTimeout(500);
    }
    const seen = await watchReplicas();
    const before = deployment.version;
    const next = await colours(other).deploy();
    assert.notEqual(next.version, before);
    await deployment.rotateKey();
    assert.equal(await deployment.rollback(), before);
    assert.deepEqual(seen(), [4]);
    const { metadata } = (await objectOf("Deployment", "apps/v1")) as V1Deployment;
    const applied = metadata!.managedFields!.find(
      ({ manager, operation }) => manager === "sightbook" && operation === "Apply",
    );
    assert.ok(!Object.hasOwn((applied!.fieldsV1 as { "f:spec": object })["f:spec"], "f:replicas"));
  });

  test("the autoscaler scales down in the middle of a change; that stays, and what scaling tells is so", async () => {
    const autoscaling = cluster.config.makeApiClient(AutoscalingV2Api);
    const where = { namespace: "shop", name: "colours" };
    /** Reports what pods use until the autoscaler, having read it, wants so many of them. */
    const reportedUntil = async (cpu: string, replicas: number): Promise<void> => {
      for (;;) {
        const { items } = await cluster.core.listNamespacedPod({ namespace: "shop" });
        await reportUsage(cluster.config, items, cpu);
        const { status } = await autoscaling.readNamespacedHorizontalPodAutoscaler(where);
        const reads = status?.conditions?.some(
          ({ type, status: is }) => type === "ScalingActive" && is === "True",
        );
        const usage = status?.currentMetrics?.[0]?.resource?.current.averageValue;
        if (reads && usage === cpu && (await deployment.status())!.replicas === replicas) return;
        await setTimeout(500);
      }
    };
    // Else it would wait for five minutes.
    await autoscaling.patchNamespacedHorizontalPodAutoscaler(
      {
        ...where,
        body: { spec: { behavior: { scaleDown: { stabilizationWindowSeconds: 0 } } } },
        fieldManager: "somebody",
      },
      setHeaderOptions("Content-Type", PatchStrategy.MergePatch),
    );
    const { version } = await versionOf(other);
    fates.set(`${repository}:${version}`, "starting");
    const seen = await watchReplicas();
    const changing = colours(other).deploy();
    while ((await deployment.status())!.version !== version) await setTimeout(100);
    await reportedUntil("10m", 3);
    fates.set(`${repository}:${version}`, "ready");
    await changing;
    assert.deepEqual(seen(), [4, 3]);
    const { replicas, readyReplicas } = (await deployment.status())!;
    assert.deepEqual([replicas, readyReplicas], [3, 3]);

    // The load wants three: the least number is lower, and nobody forces it.
    await reportedUntil("70m", 3);
    assert.equal(await deployment.scale(1), 3);
    await reportedUntil("10m", 1);
    assert.equal(await deployment.scale(4), 4);
    assert.equal((await deployment.status())!.readyReplicas, 4);
    await deployment.rollback();
  });

  test("from outside of the cluster it is asked through the API server, if that is allowed", async (t) => {
    // These pods run nowhere: what the API server says of its way to them is as far as it goes here.
    await assert.rejects(deployment.scoreImage(Buffer.from("x")), {
      name: "EnvironmentError",
      message: /^colours-\S+ cannot be reached through the API server: /u,
    });
    await assert.rejects(deployment.logs(), { message: /^The log of colours-\S+ cannot be read: /u });
    t.after(() => (process.env["KUBECONFIG"] = running.kubeconfig));
    const rights = ["pods", "deployments"].map((resource) => ({
      group: "*",
      resource,
      verbs: ["get", "list"],
    }));
    process.env["KUBECONFIG"] = await writeAccount(running, { namespace: "shop", name: "reader", rights });
    for (const ask of [
      () => deployment.scoreImage(Buffer.from("x")),
      () => deployment.loadTest({ requests: 1 }),
    ]) {
      await assert.rejects(ask(), {
        name: "EnvironmentError",
        message:
          /^colours-\S+ cannot be reached through the API server: you may not forward ports; ask for "get" and "create" on "pods\/portforward" in this namespace, or set expose: "loadBalancer"\.$/u,
      });
    }
  });

  test("says what is stuck, and the version before is back", async () => {
    const { version } = (await deployment.status())!;
    const bad = await writeColourBundle({ bias: 2 });
    const { version: badVersion } = await versionOf(bad);
    fates.set(`${repository}:${badVersion}`, "image-missing");
    await assert.rejects(colours(bad).deploy(), {
      name: "EnvironmentError",
      message: `colours: the image ${repository}:${badVersion} cannot be pulled (ImagePullBackOff: Back-off pulling image "${repository}:${badVersion}"). Push it, or name an imagePullSecret.`,
    });
    fates.set(`${repository}:${badVersion}`, "crashes");
    await assert.rejects(colours(bad).deploy(), {
      message: /^colours: a replica crashed \(Error, exit code 1\)\. Its log ends with:\n/u,
    });
    const after = (await deployment.status())!;
    assert.equal(after.version, version);
    assert.equal(after.readyReplicas, 4);
  });

  test("an image that nodes get at their second try only is said, and awaited", async () => {
    const next = await writeColourBundle({ bias: 6 });
    const { version } = await versionOf(next);
    const image = `${repository}:${version}`;
    fates.set(image, "image-missing");
    const said: string[] = [];
    await colours(next).deploy({
      onProgress: (step) => {
        said.push(step);
        if (step.includes("cannot be pulled")) fates.set(image, "ready");
      },
    });
    assert.ok(
      said.some((step) => /^\d of 4 replicas ready: the image \S+ cannot be pulled \(/u.test(step)),
      said.join("\n"),
    );
    assert.equal((await deployment.status())!.version, version);
    await deployment.rollback();
  });

  test("a replica that crashed some day and serves again is in nobody's way", async () => {
    const { version } = (await deployment.status())!;
    fates.set(`${repository}:${version}`, "ready-again");
    const restarts = async (): Promise<number[]> => {
      const { items } = await cluster.core.listNamespacedPod({ namespace: "shop" });
      return items.map(({ status }) => status!.containerStatuses![0]!.restartCount);
    };
    while ((await restarts()).some((count) => count === 0)) await setTimeout(100);
    await deployment.rotateKey();
    assert.equal(await deployment.scale(4), 4);
  });

  test("a change goes on though the API server is away for a while", async (t) => {
    const way = new Way(running);
    t.after(async () => {
      process.env["KUBECONFIG"] = running.kubeconfig;
      await way.close();
    });
    await way.open();
    process.env["KUBECONFIG"] = way.kubeconfig;
    const next = await writeColourBundle({ bias: 4 });
    const { version } = await versionOf(next);
    fates.set(`${repository}:${version}`, "starting");
    const steps: string[] = [];
    const deploying = colours(next).deploy({ onProgress: (step) => steps.push(step) });
    while (!steps.at(-1)?.endsWith("replicas ready")) await setTimeout(50);
    await way.close();
    while (steps.at(-1) !== "The cluster does not answer") await setTimeout(50);
    await way.open();
    fates.set(`${repository}:${version}`, "ready");
    assert.equal((await deploying).version, version);
    await deployment.rollback();
  });

  test("says so when the version before cannot be put back", async (t) => {
    t.after(() => (process.env["KUBECONFIG"] = running.kubeconfig));
    const rbac = cluster.config.makeApiClient(RbacAuthorizationV1Api);
    const rights = neededRights.flatMap((needed) => needed.rights);
    process.env["KUBECONFIG"] = await writeAccount(running, { namespace: "shop", name: "leaving", rights });
    const next = await writeColourBundle({ bias: 3 });
    const { version } = await versionOf(next);
    fates.set(`${repository}:${version}`, "starting");
    const deploying = colours(next).deploy();
    while ((await deployment.status())!.version !== version) await setTimeout(100);
    await rbac.deleteNamespacedRoleBinding({ namespace: "shop", name: "leaving" });
    await assert.rejects(deploying, {
      name: "EnvironmentError",
      message:
        /^\S.* cannot be \w+: .* forbidden: .* And what was there before could not be put back: Secret colours cannot be applied: /u,
    });
    process.env["KUBECONFIG"] = running.kubeconfig;
    await deployment.rollback();
    assert.equal((await deployment.status())!.readyReplicas, 4);
  });

  test("a quota is named, and what was never there before leaves nothing", async () => {
    await cluster.core.createNamespace({ body: { metadata: { name: "tight" } } });
    await cluster.core.createNamespacedResourceQuota({
      namespace: "tight",
      body: { metadata: { name: "small" }, spec: { hard: { "requests.memory": "100Mi" } } },
    });
    const tight = new Deployment({
      name: "colours",
      model: bundle,
      target: "kubernetes",
      kubernetes: { ...place, namespace: "tight" },
    });
    await assert.rejects(tight.deploy(), {
      message: /the cluster refuses its pods: .*exceeded quota: small/u,
    });
    assert.equal(await tight.exists(), false);
    const { items } = await cluster.core.listNamespacedService({ namespace: "tight" });
    assert.deepEqual(items, []);
  });

  test("what is there under the name and not ours stays as it is", async () => {
    await cluster.core.createNamespace({ body: { metadata: { name: "taken" } } });
    await cluster.core.createNamespacedService({
      namespace: "taken",
      body: { metadata: { name: "colours" }, spec: { ports: [{ port: 1 }] } },
    });
    const foreign = new Deployment({
      name: "colours",
      model: bundle,
      target: "kubernetes",
      kubernetes: { ...place, namespace: "taken" },
    });
    await assert.rejects(
      foreign.deploy(),
      /name must be one that nothing else in the namespace taken has.*There is a Service/u,
    );
    assert.equal(await foreign.delete(), false);
    assert.equal((await cluster.core.listNamespacedService({ namespace: "taken" })).items.length, 1);
  });

  test("deleting removes its six objects and nothing else", async () => {
    assert.equal(await deployment.delete(), true);
    assert.equal(await deployment.exists(), false);
    for (const [kind, version] of [
      ["Secret", "v1"],
      ["Service", "v1"],
      ["NetworkPolicy", "networking.k8s.io/v1"],
      ["HorizontalPodAutoscaler", "autoscaling/v2"],
      ["PodDisruptionBudget", "policy/v1"],
    ] as const) {
      assert.equal(await objectOf(kind, version), undefined, kind);
    }
    const { items } = await cluster.core.listNamespacedConfigMap({ namespace: "shop" });
    assert.deepEqual(
      items.map(({ metadata }) => metadata!.name),
      ["kube-root-ca.crt"],
    );
    assert.equal(await deployment.delete(), false);
  });
});

async function versionOf(model: string): Promise<{ version: string }> {
  const { storeVersion } = await import("../../src/deployment/stored-versions.js");
  return storeVersion(temporaryFolder(), model);
}
