import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";

import { checkCluster, Deployment, type ClusterFinding } from "../../src/deployment/index.js";
import { connectCluster, type Cluster } from "../../src/deployment/kubernetes/cluster.js";
import { neededRights, type Right } from "../../src/deployment/kubernetes/needed-rights.js";
import { runCli } from "../cli/run-cli.js";
import { writeColourBundle } from "../serving/colour-bundle.js";
import { temporaryFolder } from "../support.js";
import { writeAccount, writeToken } from "./account.js";
import { skipWithoutCluster, startCluster, type TestCluster } from "./cluster.js";
import { servePodMetrics } from "./pod-metrics.js";
import { PretendNode } from "./pretend-node.js";

const data = temporaryFolder();
process.env["SIGHTBOOK_DATA"] = data;

describe("cluster check", { skip: skipWithoutCluster() }, () => {
  let running: TestCluster;
  let cluster: Cluster;
  let node: PretendNode;

  before(async () => {
    running = await startCluster();
    process.env["KUBECONFIG"] = running.kubeconfig;
    cluster = await connectCluster({ namespace: "shop" });
    await cluster.core.createNamespace({ body: { metadata: { name: "shop" } } });
    node = new PretendNode(cluster.core, () => "ready");
    await node.start();
  });
  after(async () => {
    await node.stop();
    await running.stop();
  });

  const findingsAs = async (
    kubeconfig: string,
    options: { readonly claim?: string } = {},
  ): Promise<{ readonly isFine: boolean; readonly findings: readonly ClusterFinding[] }> => {
    const findings: ClusterFinding[] = [];
    process.env["KUBECONFIG"] = kubeconfig;
    try {
      const isFine = await checkCluster({ namespace: "shop", ...options }, (found) => findings.push(found));
      return { isFine, findings };
    } finally {
      process.env["KUBECONFIG"] = running.kubeconfig;
    }
  };
  const messages = (findings: readonly ClusterFinding[], result: ClusterFinding["result"]): string[] =>
    findings.filter((one) => one.result === result).map(({ message }) => message);

  test("walks the administrator through all of it", async () => {
    await servePodMetrics(cluster.config);
    const check = await runCli(["cluster", "check", "--namespace", "shop"]);
    assert.equal(check.exitCode, 0, check.stdout + check.stderr);
    assert.equal(
      check.stdout,
      [
        "ok   context test, namespace shop",
        "ok   the API server answers: v1.34.4",
        "ok   the namespace shop is there",
        ...neededRights.map(({ what }) => `ok   you may ${what}`),
        "ok   metrics are served: the autoscaler can follow the load",
        "",
      ].join("\n"),
    );
  });

  test("says no to credentials that the cluster does not take, and to a namespace that is not there", async () => {
    const wrong = writeToken(running.kubeconfig, "wrong", "nonsense");
    const refused = await runCli(["cluster", "check"], { env: { KUBECONFIG: wrong } });
    assert.equal(refused.exitCode, 1);
    assert.match(refused.stdout, /no {3}.*Your credentials are not accepted/u);
    const missing = await runCli(["cluster", "check", "--namespace", "nowhere"]);
    assert.equal(missing.exitCode, 1);
    assert.match(
      missing.stdout,
      /no {3}the namespace nowhere cannot be read: namespaces "nowhere" not found/u,
    );
  });

  test("the rights that it asks for are enough to deploy, change, scale, go back and delete", async (t) => {
    const rights = neededRights.flatMap((needed) => needed.rights);
    const kubeconfig = await writeAccount(running, { namespace: "shop", name: "deployer", rights });
    const { isFine, findings } = await findingsAs(kubeconfig);
    assert.ok(isFine);
    assert.deepEqual(messages(findings, "note"), [
      "you may not get namespaces: whether shop is there is not known",
    ]);

    t.after(() => (process.env["KUBECONFIG"] = running.kubeconfig));
    process.env["KUBECONFIG"] = kubeconfig;
    const kubernetes = { namespace: "shop", repository: "registry.example.org/team/colours", push: false };
    const options = { name: "colours", target: "kubernetes", kubernetes } as const;
    const deployment = await new Deployment({ ...options, model: await writeColourBundle() }).deploy();
    const first = deployment.version;
    await new Deployment({ ...options, model: await writeColourBundle({ bias: 1 }) }).deploy();
    assert.equal(await deployment.rollback(), first);
    await deployment.scale(2);
    await deployment.rotateKey();
    assert.equal((await deployment.status())!.readyReplicas, 2);
    assert.equal((await Deployment.list()).length, 1);
    assert.equal(await deployment.delete(), true);
  });

  test("notes what somebody who may deploy may not do besides, a batch's Job among it", async () => {
    const rights = neededRights
      .filter(({ without }) => without === undefined)
      .flatMap((needed) => needed.rights);
    const jobs: Right = { group: "batch", resource: "jobs", verbs: ["get", "create"] };
    const account = { namespace: "shop", name: "no-batches", rights: [...rights, jobs] };
    const { isFine, findings } = await findingsAs(await writeAccount(running, account));
    assert.ok(isFine);
    assert.deepEqual(messages(findings, "note").slice(1), [
      "you may not patch deployments/scale: scaling is left to the autoscaler, which needs metrics for it",
      "you may not get pods/log: logs, and what a crashed replica said last, cannot be read",
      "you may not get, create pods/exec: what a deployment has recorded cannot be read",
      "you may not get, create pods/portforward: services are reached from inside of the cluster, or by a load balancer, alone",
      "you may not patch, delete jobs, nor list events: batches cannot run here",
    ]);
  });

  test("says no to somebody who may not apply an object", async () => {
    const pods: Right = { group: "", resource: "pods", verbs: ["list"] };
    const account = { namespace: "shop", name: "onlooker", rights: [pods] };
    const { isFine, findings } = await findingsAs(await writeAccount(running, account));
    assert.ok(!isFine);
    const said = messages(findings, "no");
    assert.equal(said.length, 6);
    assert.equal(
      said[0],
      "you may not get, list, create, patch, delete secrets: ask for a role in this namespace",
    );
    assert.ok(messages(findings, "ok").includes("you may look at pods"));
  });

  test("tells how a claim stands", async () => {
    const { core } = cluster;
    const claimed = async (claim: string, kubeconfig = running.kubeconfig): Promise<string[]> => {
      const { findings } = await findingsAs(kubeconfig, { claim });
      return findings
        .filter(({ message }) => message.includes(claim))
        .map(({ result, message }) => `${result} ${message}`);
    };
    assert.deepEqual(await claimed("photos"), [
      "no there is no PersistentVolumeClaim photos in the namespace shop: make it first",
    ]);
    const resources = { requests: { storage: "1Gi" } };
    for (const [name, accessModes] of [
      ["photos", ["ReadWriteMany"]],
      ["waits", ["ReadWriteOnce"]],
    ] as const) {
      await core.createNamespacedPersistentVolumeClaim({
        namespace: "shop",
        body: {
          metadata: { name },
          spec: { accessModes: [...accessModes], storageClassName: "", resources },
        },
      });
    }
    assert.deepEqual(await claimed("waits"), [
      "note the claim waits is ReadWriteOnce: pods on other nodes than the first cannot use it",
      "note the claim waits has no volume yet",
    ]);
    await core.createPersistentVolume({
      body: {
        metadata: { name: "photos" },
        spec: {
          accessModes: ["ReadWriteMany"],
          capacity: { storage: "1Gi" },
          hostPath: { path: join(data, "photos") },
          storageClassName: "",
        },
      },
    });
    let said = await claimed("photos");
    while (said[0]!.startsWith("note")) said = await claimed("photos");
    assert.deepEqual(said, ["ok the claim photos has a volume"]);
    const nobody = await writeAccount(running, { namespace: "shop", name: "nobody", rights: [] });
    assert.deepEqual(await claimed("photos", nobody), [
      "note you may not get persistentvolumeclaims: how the claim photos stands is not known",
    ]);
    await core.deletePersistentVolume({ name: "photos" });
  });
});
