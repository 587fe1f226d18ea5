/** Containers by Podman's socket, as root: a batch, and a deployment that scores. Needs podman and runc (Debian's packages). */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { batch, containers, Deployment } from "sightbook";

import { assertEachImageOnce, until } from "../batch/runs.js";
import { writeTinyClassifier } from "../batch/tiny-classifier.js";
import { colourImage, red, writeColourBundle } from "../serving/colour-bundle.js";
import { temporaryFolder } from "../support.js";
import { writeTinyImages } from "../training/tiny-images.js";

const skip = spawnSync("podman", ["--version"]).status !== 0 && "podman is not installed";

test("a batch and a deployment in containers of Podman", { skip }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "sightbook-podman-"));
  const socket = join(folder, "podman.sock");
  // crun fails on mixed cgroups, and Podman asks for higher limits than a virtual machine may allow.
  writeFileSync(
    join(folder, "containers.conf"),
    `[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
`,
  );
  const service = spawn(
    "podman",
    [`--root=${folder}/root`, `--runroot=${folder}/run`, "system", "service", "--time=0", `unix://${socket}`],
    { env: { ...process.env, CONTAINERS_CONF: join(folder, "containers.conf") }, stdio: "ignore" },
  );
  try {
    await until(() => existsSync(socket), "Podman's socket");
    process.env["DOCKER_HOST"] = `unix://${socket}`;
    process.env["SIGHTBOOK_DATA"] = temporaryFolder();

    const output = join(temporaryFolder(), "run");
    const images = await writeTinyImages(20, 5);
    const executor = containers({ workers: 2, cpus: 1, memory: "512Mi" });
    const work = { bundle: await writeTinyClassifier(), images, shardSize: 20 };
    console.log(String(await batch({ ...work, output, executor })));
    await assertEachImageOnce(output);
    const tight = containers({ memory: "40Mi", attempts: 1 });
    await assert.rejects(batch({ ...work, output: join(temporaryFolder(), "run"), executor: tight }), {
      message: /because: its container (?:ran out of memory|was killed, by somebody or for lack of memory)/u,
    });

    const deployment = new Deployment({
      name: "colours",
      model: await writeColourBundle(),
      target: "docker",
    });
    await deployment.deploy();
    const { label, timing } = await deployment.scoreImage(await colourImage(red));
    assert.equal(label, "red");
    console.log("scored", timing);
    assert.equal(await deployment.delete(), true);
  } finally {
    service.kill("SIGTERM");
    await once(service, "exit");
    spawnSync("umount", ["-R", join(folder, "root", "overlay")]);
    rmSync(folder, { recursive: true, force: true });
  }
});
