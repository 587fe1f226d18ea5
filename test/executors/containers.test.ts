import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout } from "node:timers/promises";

import type Docker from "dockerode";

import { batch, containers, type BatchRunProgress } from "sightbook";

import { connectDocker } from "../../src/deployment/docker/connect.js";
import {
  allNames,
  assertEachImageOnce,
  ended,
  finishedShards,
  rowsOf,
  startCli,
  until,
} from "../batch/runs.js";
import { writeTinyClassifier } from "../batch/tiny-classifier.js";
import { skipWithoutDocker, startDocker, type DockerDaemon } from "../deployment/docker-daemon.js";
import { temporaryFolder } from "../support.js";
import { writeTinyImages } from "../training/tiny-images.js";

const bundle = await writeTinyClassifier();
const images = await writeTinyImages(20, 5);

test("without a daemon the error says what to start, and the run can go on elsewhere", async () => {
  process.env["DOCKER_HOST"] = "unix:///nowhere/docker.sock";
  const run = { bundle, images, output: join(temporaryFolder(), "run") };
  await assert.rejects(batch({ ...run, executor: containers() }), {
    name: "EnvironmentError",
    message: /^There is no Docker daemon: unix:\/\/\/nowhere/u,
  });
  await batch(run);
  await assertEachImageOnce(run.output);
});

for (const [options, message] of [
  [{ workers: 0 }, /^containers: workers must be a whole number of at least 1, got 0\.$/u],
  [{ cpus: 0 }, /^containers: cpus must be a number above 0, got 0\.$/u],
  [{ memory: "lots" }, /^containers: memory must be a quantity such as "2Gi" or "512Mi", got "lots"\.$/u],
] as const) {
  test(`refused: ${JSON.stringify(options)}`, () => {
    assert.throws(() => containers(options), { name: "ArgumentError", message });
  });
}

describe("in containers", { skip: skipWithoutDocker }, () => {
  let daemon: DockerDaemon;
  let docker: Docker;
  before(async () => {
    daemon = await startDocker();
    process.env["DOCKER_HOST"] = daemon.host;
    docker = await connectDocker();
  });
  after(async () => {
    await daemon.stop();
  });

  const newRun = (): string => join(temporaryFolder(), "run");
  const left = () => docker.listContainers({ all: true });
  /** A container that runs, once there is one. */
  const running = async (): Promise<Docker.Container> => {
    for (;;) {
      const [found] = await docker.listContainers();
      if (found !== undefined) return docker.getContainer(found.Id);
      await setTimeout(20);
    }
  };

  test("the results are those of local processes and belong to the folder's owner; workers have no rights and leave nothing", async (t) => {
    const folder = temporaryFolder();
    const run = join(folder, "run");
    chmodSync(folder, 0o755);
    chmodSync(images, 0o755);
    // The images are listed by path, from another folder, among them one that cannot be read.
    const broken = join(images, "broken.png");
    writeFileSync(broken, "no image");
    t.after(() => {
      rmSync(broken);
    });
    const paths = [...allNames.map((name) => join(images, name)), broken];
    const notes: string[] = [];
    const options = { bundle, images: paths, shardSize: 21 };
    await assert.rejects(batch({ ...options, output: run, signal: AbortSignal.abort() }));
    assert.equal(spawnSync("chown", ["-R", "4321:4321", run]).status, 0);
    const work = batch({
      ...options,
      output: run,
      executor: containers({ workers: 2, cpus: 1, memory: "512Mi" }),
      onProgress: ({ note }: BatchRunProgress) => notes.push(note),
    });
    const inspected = running().then((container) => container.inspect());
    await work;
    const { Config, HostConfig, Mounts } = await inspected;
    assert.equal(Config.User, "4321:4321");
    assert.equal(HostConfig.ReadonlyRootfs, true);
    assert.equal(HostConfig.NetworkMode, "none");
    assert.equal(HostConfig.Memory, 512 * 2 ** 20);
    assert.equal(HostConfig.NanoCpus, 1e9);
    assert.deepEqual(HostConfig.CapDrop, ["ALL"]);
    assert.deepEqual(Mounts.map(({ Destination, RW }) => [Destination, RW]).sort(), [
      ["/images", false],
      ["/run", true],
    ]);
    assert.deepEqual(await left(), []);
    assert.ok(notes.includes("building the workers' image"), notes.join());
    for (const name of readdirSync(join(run, "results"))) {
      const { uid, gid } = statSync(join(run, "results", name));
      assert.deepEqual([uid, gid], [4321, 4321]);
    }
    await assertEachImageOnce(run, paths);
    const locally = newRun();
    await batch({ ...options, output: locally });
    assert.deepEqual(await rowsOf(run), await rowsOf(locally));
  });

  test("containers killed in the middle of their shards are run again, and no image is lost or counted twice", async () => {
    const run = newRun();
    const killed = new Set<string>();
    const work = batch({
      bundle,
      images,
      output: run,
      shardSize: 10,
      executor: containers({ workers: 2, attempts: 20 }),
    });
    const over = new AbortController();
    const ending = work.finally(() => {
      over.abort();
    });
    // Each one that is seen, after another time: some start, some score, some write.
    while (killed.size < 5 && !over.signal.aborted) {
      const [found] = await docker.listContainers();
      await setTimeout(20 + 100 * killed.size);
      if (found === undefined || killed.has(found.Id)) continue;
      const kill = docker.getContainer(found.Id).kill({ signal: "SIGKILL" });
      await kill.then(
        () => killed.add(found.Id),
        () => undefined,
      );
    }
    await ending;
    assert.ok(killed.size > 0);
    await assertEachImageOnce(run);
    assert.deepEqual(await left(), []);
  });

  test("a killed run leaves containers, which are removed when it goes on; meanwhile another session is refused", async () => {
    const run = newRun();
    const args = ["batch", bundle, images, "--output", run, "--shard-size", "6"];
    const inDocker = ["--executor", "docker", "--workers", "2"];
    const first = startCli([...args, ...inDocker]);
    await until(() => finishedShards(run).length >= 2, "a second shard");
    const leftover = await running();
    // It is alive, but goes no further while the second one looks.
    process.kill(first.pid!, "SIGSTOP");
    const second = startCli([...args, ...inDocker]);
    assert.equal(await ended(second), 1);
    assert.match(
      second.said(),
      new RegExp(`Process ${first.pid!} runs this batch in containers at the moment`, "u"),
    );
    process.kill(first.pid!, "SIGKILL");
    await ended(first);
    const finished = finishedShards(run);
    assert.ok(finished.length < 10);
    const times = finished.map((name) => statSync(join(run, "shards", name)).mtimeMs);
    const third = startCli([...args, ...inDocker]);
    assert.equal(await ended(third), 0, third.said());
    await assertEachImageOnce(run);
    assert.deepEqual(
      finished.map((name) => statSync(join(run, "shards", name)).mtimeMs),
      times,
    );
    await assert.rejects(leftover.inspect(), { statusCode: 404 });
    assert.deepEqual(await left(), []);
  });

  test("an interrupt stops the containers and keeps what is finished", async () => {
    const run = newRun();
    const options = { bundle, images, output: run, shardSize: 10, executor: containers({ workers: 2 }) };
    const stop = new AbortController();
    await assert.rejects(
      batch({
        ...options,
        signal: stop.signal,
        onProgress: ({ finishedShards: finished }) => {
          if (finished >= 2) stop.abort();
        },
      }),
      { name: "CancelledError", message: /^batch: interrupted; \d of 6 shards are finished and kept in /u },
    );
    assert.deepEqual(await left(), []);
    await batch(options);
    await assertEachImageOnce(run);
  });

  test("a worker without enough memory, and one whose disk is full, are given up with the reason", async () => {
    const run = newRun();
    const options = { bundle, images, output: run, shardSize: 60 };
    await assert.rejects(batch({ ...options, executor: containers({ memory: "40Mi", attempts: 2 }) }), {
      message:
        /^batch: 1 shard was given up, the first \(0\) because: its container ran out of memory \(2 attempts\); /u,
    });
    const small = newRun();
    mkdirSync(small);
    assert.equal(spawnSync("mount", ["-t", "tmpfs", "-o", "size=256k", "none", small]).status, 0);
    try {
      const work = { ...options, output: small };
      await assert.rejects(batch({ ...work, signal: AbortSignal.abort() }), { name: "CancelledError" });
      // The last bytes of the disk are another's.
      const filler = join(small, "filler");
      spawnSync("dd", ["if=/dev/zero", `of=${filler}`, "bs=1k"]);
      await assert.rejects(batch({ ...work, executor: containers({ attempts: 1 }) }), {
        message: /because: \/run\/results\/000000\.parquet: could not be written \(the disk is full\)/u,
      });
      rmSync(filler);
      await batch({ ...work, executor: containers() });
      await assertEachImageOnce(small);
    } finally {
      spawnSync("umount", [small]);
    }
  });

  test("an image that the daemon does not have is named", async () => {
    const executor = containers({ image: "sightbook/nothing:1" });
    await assert.rejects(batch({ bundle, images, output: newRun(), executor }), {
      name: "EnvironmentError",
      message: /^The container of shard 0 cannot be made: No such image: sightbook\/nothing:1/u,
    });
  });

  // The last test: it ends the daemon.
  test("a daemon that ends in the middle of a run is told in words, and the run can go on elsewhere", async () => {
    const work = { bundle, images, output: newRun(), shardSize: 20 };
    const failed = assert.rejects(batch({ ...work, executor: containers({ workers: 1 }) }), {
      name: "EnvironmentError",
      message: /^The container of shard \d cannot be (?:made|started|watched|removed): .+\./u,
    });
    await running();
    await daemon.stop();
    await failed;
    await batch(work);
    await assertEachImageOnce(work.output);
  });
});
