import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createServer } from "node:http";
import { once } from "node:events";
import { statSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout } from "node:timers/promises";

import type Docker from "dockerode";

import { Deployment } from "../../src/deployment/index.js";
import { connectDocker } from "../../src/deployment/docker/connect.js";
import { containerLog, findContainers, type FoundContainer } from "../../src/deployment/docker/containers.js";
import { colourImage, red, writeColourBundle } from "../serving/colour-bundle.js";
import { temporaryFolder } from "../support.js";
import { skipWithoutDocker, startDocker, type DockerDaemon } from "./docker-daemon.js";
import { rewriteBundle } from "./rewrite-bundle.js";
import { underLoad } from "./steady-load.js";

const data = temporaryFolder();
process.env["SIGHTBOOK_DATA"] = data;

test("without a daemon the error says what to start", async () => {
  process.env["DOCKER_HOST"] = "unix:///nowhere/docker.sock";
  await assert.rejects(new Deployment({ name: "colours", target: "docker" }).exists(), {
    name: "EnvironmentError",
    message:
      /^There is no Docker daemon: unix:\/\/\/nowhere\/docker\.sock does not answer \(.*\)\. Start Docker, or "podman system service", or name one with DOCKER_HOST\.$/u,
  });
});

describe("a deployment in a container", { skip: skipWithoutDocker }, () => {
  let daemon: DockerDaemon;
  let docker: Docker;
  let image: Buffer;
  let deployment: Deployment;
  let first: string;
  before(async () => {
    daemon = await startDocker();
    process.env["DOCKER_HOST"] = daemon.host;
    docker = await connectDocker();
    image = await colourImage(red);
  });
  after(async () => {
    await Deployment.deleteIfExists("colours", { target: "docker" });
    await daemon.stop();
  });

  test("scores as nobody, with a read-only root, without rights, and is healthy", async () => {
    // Another one's container and image, which nothing here may touch.
    const foreign = await new Deployment({
      name: "foreign",
      model: await writeColourBundle(),
    }).buildDockerImage();
    assert.match(foreign.tag, /^sightbook\/foreign:[0-9a-f]{12}$/u);
    assert.ok(foreign.size < 200e6, `${foreign.size} bytes`);

    deployment = new Deployment({
      name: "colours",
      model: await writeColourBundle(),
      target: "docker",
      replicas: 2,
      record: true,
    });
    const steps: string[] = [];
    await deployment.deploy({ onProgress: (step) => steps.push(step) });
    first = deployment.version;
    assert.deepEqual(steps.slice(0, 3), [
      "Storing the model",
      "Building the image",
      "Starting the container",
    ]);
    const score = await deployment.scoreImage(image);
    assert.equal(score.label, "red");
    assert.equal(score.modelVersion, first);
    let records = await deployment.records();
    for (; records.length === 0; records = await deployment.records()) await setTimeout(100);
    assert.deepEqual([records[0]!.label, records[0]!.version], ["red", first]);
    await assert.rejects(
      Deployment.scoreExistingService(image, { endpoint: deployment.endpoint, key: "guess" }),
      /key must be one that/u,
    );

    const [{ id }] = (await findContainers(docker, "colours")) as [FoundContainer];
    const { Config, HostConfig, State } = await docker.getContainer(id).inspect();
    assert.equal(Config.User, "65532:65532");
    assert.equal(HostConfig.ReadonlyRootfs, true);
    assert.deepEqual(HostConfig.CapDrop, ["ALL"]);
    assert.equal(Config.Healthcheck!.Test![0], "CMD");
    assert.ok(!JSON.stringify(Config).includes(deployment.key));
    const status = spawnSync("cat", [`/proc/${State.Pid}/status`], { encoding: "utf8" }).stdout;
    assert.match(status, /^Uid:\s+65532\s/mu);
    assert.match(status, /^CapEff:\s+0{16}$/mu);
    assert.match(status, /^NoNewPrivs:\s+1$/mu);
    assert.equal(statSync(join(data, "docker-deployments", "colours.json")).mode & 0o777, 0o600);
    assert.match(await deployment.logs(), /"route":"\/v1\/predict","status":200/u);
  });

  test("a bundle that cannot be served never takes the place of one that can", async () => {
    const broken = await writeColourBundle({ bias: 2 });
    await rewriteBundle(broken, "model.onnx", Buffer.from("no network"));
    await assert.rejects(new Deployment({ name: "colours", model: broken, target: "docker" }).deploy(), {
      name: "EnvironmentError",
      message: /^The container of colours ended with code 1\. Its log ends with:\n[^]*model\.onnx/u,
    });
    assert.equal((await deployment.scoreImage(image)).modelVersion, first);
    assert.equal((await findContainers(docker, "colours")).length, 1);
  });

  test("another model, the way back, another number of replicas and another key, under load: no request fails", async () => {
    const { endpoint, key } = deployment;
    const result = await underLoad(
      deployment,
      image,
      async ({ versions }) => {
        const next = await new Deployment({
          name: "colours",
          model: await writeColourBundle({ bias: 1 }),
          target: "docker",
        }).deploy();
        assert.equal(next.endpoint, endpoint);
        assert.equal(next.key, key);
        while (!versions.includes(next.version)) await setTimeout(20);
        assert.equal(await deployment.rollback(), first);
        await deployment.scale(1);
        const rotated = await deployment.rotateKey();
        assert.deepEqual([deployment.key, deployment.secondaryKey], [rotated, key]);
      },
      2,
    );
    assert.deepEqual(result.failures, []);
    // Records outlive the containers that made them.
    assert.deepEqual(
      new Set((await deployment.records()).map(({ version }) => version)),
      new Set(result.versions),
    );
    assert.equal(result.versions.length, 2);
    assert.equal((await deployment.scoreImage(image)).modelVersion, first);
    const [listed, ...others] = await Deployment.list();
    assert.deepEqual(others, []);
    assert.deepEqual(listed, await deployment.status());
    assert.equal(listed!.target, "docker");
    assert.equal(listed!.replicas, 1);
    await assert.rejects(deployment.rollback(), /has no version before this one/u);
  });

  test("a killed server is started again: who comes meanwhile waits", async () => {
    const [{ id }] = (await findContainers(docker, "colours")) as [FoundContainer];
    const { State } = await docker.getContainer(id).inspect();
    process.kill(State.Pid, "SIGKILL");
    const score = await deployment.scoreImage(image).catch(async (error: unknown) => {
      const after = await docker.getContainer(id).inspect();
      const log = await containerLog(docker.getContainer(id), 20);
      throw new Error(
        `${JSON.stringify([State, after.State, await docker.listContainers({ all: true })])}\n${log}`,
        { cause: error },
      );
    });
    assert.equal(score.label, "red");
  });

  test("a port in use is said so", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const { port } = taken.address() as AddressInfo;
    await assert.rejects(
      new Deployment({ name: "taken", model: await writeColourBundle(), target: "docker", port }).deploy(),
      {
        name: "ArgumentError",
        message: new RegExp(`port must be free on 127\\.0\\.0\\.1, got ${port}`, "u"),
      },
    );
    taken.close();
    assert.equal(await Deployment.deleteIfExists("taken", { target: "docker" }), false);
  });

  test("deleting removes its container and its images, and nothing else", async () => {
    assert.equal(await deployment.delete(), true);
    assert.equal(await deployment.exists(), false);
    assert.deepEqual(await docker.listContainers({ all: true }), []);
    const tags = (await docker.listImages()).flatMap(({ RepoTags }) => RepoTags ?? []);
    assert.equal(tags.length, 1);
    assert.match(tags[0]!, /^sightbook\/foreign:/u);
    assert.deepEqual(await Deployment.list(), []);
    assert.deepEqual((await docker.listVolumes()).Volumes, []);
  });
});
