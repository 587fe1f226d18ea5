import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout } from "node:timers/promises";

import {
  loadYaml,
  RbacAuthorizationV1Api,
  Watch,
  type V1Deployment,
  type V1NetworkPolicy,
  type V1Secret,
} from "@kubernetes/client-node";

import { Deployment, type KubernetesOptions } from "../../src/deployment/index.js";
import { connectCluster, readObject, type Cluster } from "../../src/deployment/kubernetes/cluster.js";
import { keyDigest } from "../../src/serving/index.js";
import { runCli } from "../cli/run-cli.js";
import { writeColourBundle } from "../serving/colour-bundle.js";
import { temporaryFolder } from "../support.js";
import { skipWithoutCluster, startCluster, type TestCluster } from "./cluster.js";
import { reportUsage, servePodMetrics } from "./pod-metrics.js";
import { PretendNode, type Fate } from "./pretend-node.js";

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
    // What was ever set, not only what is left: none but the autoscaler may have changed it.
    const numbers = new Set<number>();
    const watch = new Watch(cluster.config);
    const watching = await watch.watch(
      "/apis/apps/v1/namespaces/shop/deployments",
      {},
      (_phase, object: V1Deployment) => numbers.add(object.spec!.replicas!),
      () => undefined,
    );
    const before = deployment.version;
    const next = await colours(other).deploy();
    assert.notEqual(next.version, before);
    await deployment.rotateKey();
    assert.equal(await deployment.rollback(), before);
    watching.abort();
    assert.deepEqual([...numbers], [4]);
    const { metadata } = (await objectOf("Deployment", "apps/v1")) as V1Deployment;
    const applied = metadata!.managedFields!.find(
      ({ manager, operation }) => manager === "sightbook" && operation === "Apply",
    );
    assert.ok(!Object.hasOwn((applied!.fieldsV1 as { "f:spec": object })["f:spec"], "f:replicas"));
  });

  test("from outside of the cluster it is asked through the API server, if that is allowed", async (t) => {
    // These pods run nowhere: what the API server says of its way to them is as far as it goes here.
    await assert.rejects(deployment.scoreImage(Buffer.from("x")), {
      name: "EnvironmentError",
      message: /^colours-\S+ cannot be reached through the API server: /u,
    });
    t.after(() => (process.env["KUBECONFIG"] = running.kubeconfig));
    const limited = await kubeconfigOfReader(cluster, running.kubeconfig);
    process.env["KUBECONFIG"] = limited;
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

  test("cluster check walks through what is needed", async () => {
    const check = await runCli(["cluster", "check", "--namespace", "shop"], {
      env: { KUBECONFIG: running.kubeconfig },
    });
    assert.equal(check.exitCode, 0, check.stdout + check.stderr);
    assert.match(check.stdout, /ok {3}context test/u);
    assert.match(check.stdout, /ok {3}the API server answers: v1\.34\.4/u);
    assert.match(check.stdout, /ok {3}you may apply Deployment/u);
    assert.match(check.stdout, /ok {3}metrics are served/u);
    const token = temporaryFolder();
    const wrong = join(token, "kubeconfig");
    writeFileSync(
      wrong,
      readFileSync(running.kubeconfig, "utf8").replace(/token: "\w+"/u, "token: nonsense"),
    );
    const refused = await runCli(["cluster", "check"], { env: { KUBECONFIG: wrong } });
    assert.equal(refused.exitCode, 1);
    assert.match(refused.stdout, /no {3}.*Your credentials are not accepted/u);
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

/** Of a user of the namespace "shop" who may look at pods and deployments there, and no more. */
async function kubeconfigOfReader({ core, config }: Cluster, admin: string): Promise<string> {
  const [namespace, name] = ["shop", "reader"];
  await core.createNamespacedServiceAccount({ namespace, body: { metadata: { name } } });
  const rbac = config.makeApiClient(RbacAuthorizationV1Api);
  const rules = [{ apiGroups: ["*"], resources: ["pods", "deployments"], verbs: ["get", "list"] }];
  await rbac.createNamespacedRole({ namespace, body: { metadata: { name }, rules } });
  await rbac.createNamespacedRoleBinding({
    namespace,
    body: {
      metadata: { name },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name },
      subjects: [{ kind: "ServiceAccount", name, namespace }],
    },
  });
  const { status } = await core.createNamespacedServiceAccountToken({
    namespace,
    name,
    body: { spec: { audiences: [], expirationSeconds: 3600 } },
  });
  const path = join(data, "reader.kubeconfig");
  writeFileSync(path, readFileSync(admin, "utf8").replace(/token: "\w+"/u, `token: "${status!.token}"`));
  return path;
}
