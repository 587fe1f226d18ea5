import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout } from "node:timers/promises";

import {
  NetworkingV1Api,
  Watch,
  type BatchV1Api,
  type V1Job,
  type V1NetworkPolicy,
  type V1Pod,
  type V1Volume,
} from "@kubernetes/client-node";

import { batch, kubernetesJob, type BatchRunProgress, type KubernetesJobOptions } from "sightbook";

import { parseShards, runShard } from "../../src/batch/index.js";
import { connectCluster, type Cluster } from "../../src/deployment/kubernetes/cluster.js";
import { neededRights } from "../../src/deployment/kubernetes/needed-rights.js";
import { assertEachImageOnce, ended, finishedShards, rowsOf, startCli, until } from "../batch/runs.js";
import { writeTinyClassifier } from "../batch/tiny-classifier.js";
import { writeAccount } from "../deployment/account.js";
import { skipWithoutCluster, startCluster, type TestCluster } from "../deployment/cluster.js";
import { PretendNode, type Ended, type Fate } from "../deployment/pretend-node.js";
import { Way } from "../deployment/way.js";
import { temporaryFolder } from "../support.js";
import { writeTinyImages } from "../training/tiny-images.js";

const bundle = await writeTinyClassifier();
const images = await writeTinyImages(20, 5);
const image = "registry.example.org/team/sightbook:1";
const newRun = (): string => join(temporaryFolder(), "run");
const place = { run: { hostPath: "/run" }, images: { hostPath: "/images" } };

for (const [options, message] of [
  [{ ...place }, /^kubernetesJob: repository must be given, or image, and not both, got undefined\.$/u],
  [
    { ...place, image, workers: 0 },
    /^kubernetesJob: workers must be a whole number of at least 1, got 0\.$/u,
  ],
] as const) {
  test(`refused: ${message.source.slice(1, 40)}`, () => {
    assert.throws(() => kubernetesJob(options), { name: "ArgumentError", message });
  });
}

describe("in a cluster", { skip: skipWithoutCluster() }, () => {
  let control: TestCluster;
  let cluster: Cluster;
  let jobs: BatchV1Api;
  let networking: NetworkingV1Api;
  let node: PretendNode;
  /** Shards in the order in which pods began them. */
  let begun: number[] = [];
  /** What the next pods of a shard end with instead of doing it. */
  const ends = new Map<number, Ended[]>();
  /** What pods of a shard wait for before they do it. */
  const held = new Map<number, Promise<unknown>>();
  let missingImages = false;
  const fates = new Map<string, Fate>();
  const work: Promise<unknown>[] = [];

  /** Does what the pod's worker would do, on the folders that the pod's volumes name. */
  const runPod = async ({ metadata, spec }: V1Pod): Promise<Ended> => {
    const index = Number(metadata!.annotations!["batch.kubernetes.io/job-completion-index"]);
    const list = spec!.containers[0]!.env!.find(({ name }) => name === "SIGHTBOOK_SHARDS")?.value;
    const shard = list === undefined ? index : parseShards(list)[index]!;
    begun.push(shard);
    const folder = (name: string): string => {
      const { hostPath, nfs } = spec!.volumes!.find((volume) => volume.name === name)!;
      return (hostPath ?? nfs)!.path;
    };
    const end = ends.get(shard)?.shift();
    if (end !== undefined) return end;
    await held.get(shard);
    await runShard(folder("run"), shard, { images: folder("images") });
    return { exitCode: 0, said: "" };
  };
  const fateOf = (_: string, pod: V1Pod): Fate => {
    if (missingImages) return "image-missing";
    const uid = pod.metadata!.uid!;
    const known = fates.get(uid);
    if (known !== undefined) return known;
    fates.set(uid, "ready");
    // As a worker does whose Job was deleted and whose run's folder went: it fails by itself.
    const failed = (error: unknown): Ended => ({ exitCode: 1, said: String(error) });
    work.push(
      runPod(pod).then(
        (end) => fates.set(uid, end),
        (error: unknown) => fates.set(uid, failed(error)),
      ),
    );
    return "ready";
  };

  before(async () => {
    control = await startCluster();
    process.env["KUBECONFIG"] = control.kubeconfig;
    cluster = await connectCluster({ namespace: "batches" });
    const { BatchV1Api } = await import("@kubernetes/client-node");
    jobs = cluster.config.makeApiClient(BatchV1Api);
    networking = cluster.config.makeApiClient(NetworkingV1Api);
    for (const [name, labels] of [
      ["batches", {}],
      ["full", {}],
      ["strict", { "pod-security.kubernetes.io/enforce": "restricted" }],
      ["shared", { "pod-security.kubernetes.io/enforce": "baseline" }],
    ] as const) {
      await cluster.core.createNamespace({ body: { metadata: { name, labels } } });
    }
    await cluster.core.createNamespacedResourceQuota({
      namespace: "full",
      body: { metadata: { name: "none" }, spec: { hard: { pods: "0" } } },
    });
    node = new PretendNode(cluster.core, fateOf);
    await node.start();
  });
  after(async () => {
    await node.stop();
    await control.stop();
  });

  const options = (output: string, more: Partial<KubernetesJobOptions> = {}) => ({
    bundle,
    images,
    output,
    shardSize: 10,
    executor: kubernetesJob({
      namespace: "batches",
      image,
      run: { hostPath: output },
      images: { hostPath: images },
      ...more,
    }),
  });
  const theJob = async (): Promise<V1Job> => {
    for (;;) {
      const { items } = await jobs.listNamespacedJob({ namespace: "batches" });
      if (items[0] !== undefined) return items[0];
      await setTimeout(50);
    }
  };
  const assertNothingLeft = async (namespace = "batches"): Promise<void> => {
    const { items } = await jobs.listNamespacedJob({ namespace });
    const { items: pods } = await cluster.core.listNamespacedPod({ namespace });
    const { items: policies } = await networking.listNamespacedNetworkPolicy({ namespace });
    const all = [...items, ...pods, ...policies];
    assert.deepEqual(
      all.map(({ metadata }) => metadata!.name),
      [],
    );
  };

  test("one Indexed Job does the shards; what failed is run again, what was asked to end is no attempt; nothing is left", async () => {
    const run = newRun();
    begun = [];
    ends.set(1, [{ exitCode: 137, said: "" }]);
    ends.set(4, [{ exitCode: 130, said: "" }]);
    const seen: BatchRunProgress[] = [];
    const running = batch({
      ...options(run, { workers: 3, attempts: 2, cpus: 0.5, memory: "1Gi", user: { uid: 1234, gid: 5678 } }),
      onProgress: (progress) => seen.push(progress),
    });
    const { metadata, spec } = await theJob();
    await running;
    await assertEachImageOnce(run);
    const locally = newRun();
    await batch({ bundle, images, output: locally, shardSize: 10 });
    assert.deepEqual(await rowsOf(run), await rowsOf(locally));
    assert.deepEqual([...begun].sort(), [0, 1, 1, 2, 3, 4, 4, 5]);
    assert.deepEqual([...new Set(seen.map(({ finishedShards: count }) => count))], [0, 1, 2, 3, 4, 5, 6]);
    await assertNothingLeft();

    assert.match(metadata!.name!, /^sightbook-batch-[0-9a-f]{12}$/u);
    const { completionMode, completions, parallelism, backoffLimitPerIndex, template } = spec!;
    assert.deepEqual([completionMode, completions, parallelism, backoffLimitPerIndex], ["Indexed", 6, 3, 1]);
    const pod = template.spec!;
    assert.equal(pod.automountServiceAccountToken, false);
    assert.equal(pod.securityContext!.runAsUser, 1234);
    assert.equal(pod.securityContext!.fsGroup, 5678);
    const [container] = pod.containers;
    assert.deepEqual(container!.args, ["batch-worker", "/run", "--images", "/images"]);
    assert.equal(container!.securityContext!.readOnlyRootFilesystem, true);
    const { requests, limits } = container!.resources!;
    assert.deepEqual(
      { requests, limits },
      {
        requests: { cpu: "500m", memory: "1Gi" },
        limits: { memory: "1Gi" },
      },
    );
    assert.equal(container!.volumeMounts!.find(({ name }) => name === "images")!.readOnly, true);
  });

  test("a shard that can never be done is given up at once, with what its worker said; the others are done", async () => {
    const run = newRun();
    begun = [];
    ends.set(2, [{ exitCode: 2, said: "something\nerror: /run/model.zip: is damaged.\n" }]);
    await assert.rejects(batch(options(run)), {
      message:
        /^batch: 1 shard was given up, the first \(2\) because: \/run\/model\.zip: is damaged; 5 of 6 shards are finished/u,
    });
    await assertNothingLeft();
    // The same call does that shard alone.
    begun = [];
    await batch(options(run));
    assert.deepEqual(begun, [2]);
    await assertEachImageOnce(run);
  });

  test("a killed client's Job goes on, and the same call waits for it: no shard is run twice", async () => {
    const run = newRun();
    begun = [];
    const place = ["--run-volume", `host:${run}`, "--images-volume", `host:${images}`];
    const client = startCli([
      ...["batch", bundle, images, "--output", run, "--shard-size", "4", "--executor", "kubernetes"],
      ...["--namespace", "batches", "--image", image, "--workers", "1", ...place],
    ]);
    await until(() => finishedShards(run).length >= 2, "a second shard");
    process.kill(client.pid!, "SIGKILL");
    await ended(client);
    const { metadata } = await theJob();
    // As if the client had been killed before it made the policy.
    const name = metadata!.name!;
    await networking.deleteNamespacedNetworkPolicy({ namespace: "batches", name }).catch(() => undefined);
    const made: string[] = [];
    const watching = await new Watch(cluster.config).watch(
      "/apis/networking.k8s.io/v1/namespaces/batches/networkpolicies",
      {},
      (phase, policy: V1NetworkPolicy) => phase === "ADDED" && made.push(policy.metadata!.name!),
      () => undefined,
    );
    const notes: string[] = [];
    await batch({ ...options(run), shardSize: 4, onProgress: ({ note }) => notes.push(note) });
    watching.abort();
    assert.ok(notes.includes("going on with the Job that is there"), notes.join());
    assert.deepEqual(made, [name]);
    assert.deepEqual(
      begun,
      Array.from({ length: 15 }, (_, shard) => shard),
    );
    await assertEachImageOnce(run);
    await assertNothingLeft();
  });

  test("a Job goes on though the API server is away for a while, and so does who waits for it", async (t) => {
    const way = new Way(control);
    t.after(async () => {
      process.env["KUBECONFIG"] = control.kubeconfig;
      await way.close();
    });
    await way.open();
    process.env["KUBECONFIG"] = way.kubeconfig;
    const run = newRun();
    begun = [];
    const notes: string[] = [];
    let finished = 0;
    let release = (): void => undefined;
    held.set(5, new Promise<void>((resolve) => (release = resolve)));
    const running = batch({
      ...options(run, { workers: 1 }),
      onProgress: ({ note, finishedShards: count }) => {
        notes.push(note);
        finished = count;
      },
    });
    while (finished === 0) await setTimeout(20);
    await way.close();
    while (notes.at(-1) !== "the cluster does not answer") await setTimeout(20);
    await way.open();
    release();
    await running;
    held.clear();
    assert.deepEqual([...begun].sort(), [0, 1, 2, 3, 4, 5]);
    await assertEachImageOnce(run);
    await assertNothingLeft();
  });

  test("an interrupt deletes the Job and keeps what is finished; a damaged result is done again", async () => {
    const run = newRun();
    const stop = new AbortController();
    await assert.rejects(
      batch({
        ...options(run, { workers: 1 }),
        signal: stop.signal,
        onProgress: ({ finishedShards: finished }) => {
          if (finished === 2) stop.abort();
        },
      }),
      { name: "CancelledError" },
    );
    await assertNothingLeft();
    // The pretended pods know no end before theirs.
    await Promise.all(work);
    const finished = finishedShards(run).length;
    assert.ok(finished < 6);
    rmSync(join(run, "results", "000000.parquet"));
    begun = [];
    await batch(options(run));
    assert.equal(begun.length, 6 - finished + 1);
    assert.ok(begun.includes(0));
    await assertEachImageOnce(run);
  });

  test("says what is stuck: the image, a rule against such pods, a quota, a claim that is not there", async () => {
    missingImages = true;
    await assert.rejects(batch(options(newRun())), {
      name: "EnvironmentError",
      message:
        /^batch: the image registry\.example\.org\/team\/sightbook:1 cannot be pulled \(ImagePullBackOff: .*Push it, or name an imagePullSecret\.$/u,
    });
    missingImages = false;
    await assertNothingLeft();
    await assert.rejects(batch(options(newRun(), { namespace: "strict" })), {
      message: /^batch: the cluster refuses its pods: .*violates PodSecurity.*hostPath/u,
    });
    const startTimeoutMs = 3000;
    await assert.rejects(batch(options(newRun(), { namespace: "full", startTimeoutMs })), {
      message: /^batch: no pod ran for 3 s: the cluster refuses its pods: .*exceeded quota/u,
    });
    // The strict rule lets these pods in.
    const claims = { run: { claim: "photos", path: "run" }, images: { claim: "photos" } };
    await assert.rejects(batch(options(newRun(), { namespace: "strict", startTimeoutMs, ...claims })), {
      message: /^batch: no pod ran for 3 s: no node has room \(.*persistentvolumeclaim "photos" not found/u,
    });
    await assertNothingLeft("strict");
    await assertNothingLeft("full");
  });

  test("folders on NFS are mounted as they are named, where hostPath is forbidden; a place that cannot be is refused", async () => {
    const run = newRun();
    const server = "files.example.org";
    const nfs = { run: { nfs: { server, path: run } }, images: { nfs: { server, path: images } } };
    let volumes: V1Volume[] = [];
    const running = batch(options(run, { namespace: "shared", ...nfs }));
    while (volumes.length === 0) {
      const { items } = await jobs.listNamespacedJob({ namespace: "shared" });
      volumes = items[0]?.spec?.template.spec?.volumes ?? [];
    }
    await running;
    await assertEachImageOnce(run);
    await assertNothingLeft("shared");
    const mounted = volumes.slice(0, 2).map(({ name, nfs: source }) => [name, source?.server, source?.path]);
    assert.deepEqual(mounted, [
      ["run", server, run],
      ["images", server, images],
    ]);
    const nowhere = { run: { nfs: { server: "", path: run } } };
    await assert.rejects(batch(options(newRun(), nowhere)), {
      name: "EnvironmentError",
      message:
        /^Job sightbook-batch-\w+ cannot be applied: .*spec\.template\.spec\.volumes\[0\]\.nfs\.server: Required value/u,
    });
  });

  test("the rights that cluster check asks for are enough; without that to events the Job goes on all the same", async (t) => {
    t.after(() => (process.env["KUBECONFIG"] = control.kubeconfig));
    const { rights } = neededRights.find(({ what }) => what === "run batches as Jobs")!;
    const batcher = { namespace: "batches", name: "batcher", rights };
    process.env["KUBECONFIG"] = await writeAccount(control, batcher);
    const run = newRun();
    await batch(options(run));
    await assertEachImageOnce(run);
    await assertNothingLeft();
    const blind = rights.filter(({ resource }) => resource !== "events");
    process.env["KUBECONFIG"] = await writeAccount(control, {
      namespace: "full",
      name: "blind",
      rights: blind,
    });
    await assert.rejects(batch(options(newRun(), { namespace: "full", startTimeoutMs: 3000 })), {
      message: /^batch: no pod ran for 3 s: The events cannot be listed: events is forbidden: .* "full"\./u,
    });
    await assertNothingLeft("full");
  });

  test("a Job of this name that the run has not made stays, and a Job that somebody deletes is told of", async () => {
    const run = newRun();
    await assert.rejects(batch({ ...options(run), signal: AbortSignal.abort() }));
    await assertNothingLeft();
    const running = batch(options(run, { workers: 1 }));
    const { metadata } = await theJob();
    const name = metadata!.name!;
    await jobs.deleteNamespacedJob({ name, namespace: "batches", propagationPolicy: "Background" });
    await assert.rejects(running, {
      message: `The Job ${name} was deleted by somebody else; the same call makes it again.`,
    });
    await jobs.createNamespacedJob({
      namespace: "batches",
      body: {
        metadata: { name },
        spec: {
          suspend: true,
          template: { spec: { restartPolicy: "Never", containers: [{ name: "other", image: "other:1" }] } },
        },
      },
    });
    await assert.rejects(batch(options(run)), {
      message: `There is a Job ${name} that this run has not made; rename or delete it.`,
    });
    const { spec } = await jobs.readNamespacedJob({ name, namespace: "batches" });
    assert.equal(spec!.template.spec!.containers[0]!.name, "other");
  });
});
