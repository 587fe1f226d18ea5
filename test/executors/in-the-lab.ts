/**
 * Runs inside the lab's network: a batch as an Indexed Job of real pods, whose workers are killed in the middle of their shards,
 * and whose client is killed too.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";

import { batch, kubernetesJob } from "sightbook";

import { connectCluster } from "../../src/deployment/kubernetes/cluster.js";
import {
  assertEachImageOnce,
  ended,
  finishedShards,
  isAlive,
  rowsOf,
  startCli,
  until,
} from "../batch/runs.js";

const { LAB_IMAGE: image = "", LAB_SOCKET: socket = "", LAB_BATCH = "" } = process.env;
const [bundle = "", images = "", folder = ""] = LAB_BATCH.split(":");
const run = join(folder, "run");
const work = { bundle, images, output: run, shardSize: 5 };

// The folder belongs to nobody whom the host knows, and so do its pods.
await assert.rejects(batch({ ...work, signal: AbortSignal.abort() }), { name: "CancelledError" });
assert.equal(spawnSync("chown", ["-R", "4321:4321", run]).status, 0);

const client = startCli([
  ...["batch", bundle, images, "--output", run, "--shard-size", "5", "--executor", "kubernetes"],
  ...["--namespace", "default", "--image", image, "--workers", "3", "--attempts", "9"],
  ...[
    "--cpus",
    "0.05",
    "--memory",
    "512Mi",
    "--run-volume",
    `host:${run}`,
    "--images-volume",
    `host:${images}`,
  ],
]);
const killed = new Set<number>();
await killWorkers(3);
await until(() => finishedShards(run).length >= 2, "a second shard");
assert.equal(client.exitCode, null, client.said());
process.kill(client.pid!, "SIGKILL");
await ended(client);

const notes = new Set<string>();
const again = batch({
  ...work,
  executor: kubernetesJob({
    namespace: "default",
    image,
    run: { hostPath: run },
    images: { hostPath: images },
  }),
  onProgress: ({ note }) => notes.add(note),
});
await killWorkers(5);
await again;
assert.ok(notes.has("going on with the Job that is there"), [...notes].join("; "));

await assertEachImageOnce(run);
const locally = join(folder, "locally");
await batch({ ...work, output: locally });
assert.deepEqual(await rowsOf(run), await rowsOf(locally));
const owner = spawnSync("stat", ["-c", "%u", join(run, "results", "000000.parquet")], { encoding: "utf8" });
assert.equal(owner.stdout.trim(), "4321");

const { core } = await connectCluster({ namespace: "default" });
const { items: left } = await core.listNamespacedPod({ namespace: "default" });
assert.deepEqual(
  left.map(({ metadata }) => metadata!.name),
  [],
);
console.log(`done, ${killed.size} workers killed`);

/** Kills each worker that is seen after another time, until so many were: some start, some score, some write. */
async function killWorkers(count: number): Promise<void> {
  for (let waited = 0; killed.size < count;) {
    const victim = workers().find((pid) => !killed.has(pid));
    if (victim === undefined) {
      assert.ok((waited += 20) < 120_000, "there are workers to kill");
      await setTimeout(20);
      continue;
    }
    await setTimeout(250 * killed.size);
    if (isAlive(victim)) process.kill(victim, "SIGKILL");
    killed.add(victim);
  }
}

/** The worker processes in the node's containers. */
function workers(): number[] {
  const { stdout } = spawnSync("ctr", ["-a", socket, "-n", "k8s.io", "tasks", "ls"], { encoding: "utf8" });
  const pids = [...stdout.matchAll(/^\S+\s+(\d+)\s+RUNNING/gmu)].map(([, pid]) => Number(pid));
  return pids.filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("batch-worker");
    } catch {
      return false;
    }
  });
}
