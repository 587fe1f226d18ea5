import assert from "node:assert/strict";
import { chmodSync, cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";

import { buildImage } from "../../src/deployment/docker/build-image.js";
import { storeVersion } from "../../src/deployment/stored-versions.js";
import { writeTinyClassifier } from "../batch/tiny-classifier.js";
import { writeColourBundle } from "../serving/colour-bundle.js";
import { temporaryFolder } from "../support.js";
import { writeTinyImages } from "../training/tiny-images.js";
import { skipWithoutCluster } from "./cluster.js";
import { startDocker, type DockerDaemon } from "./docker-daemon.js";
import { Lab, skipWithoutPods } from "./lab.js";
import { dockerAuth, Registry, skipWithoutRegistry } from "./registry.js";

const skip = skipWithoutPods() || skipWithoutCluster();

const bundles = [await writeColourBundle(), await writeColourBundle({ bias: 1, name: "others" })];

describe("real pods of our own image", { skip }, () => {
  const lab = new Lab();
  let image: string;

  before(async () => {
    await lab.start();
    for (const path of bundles) {
      const { version, bundle } = await storeVersion(temporaryFolder(), path);
      const file = join(lab.folder, "image.tar");
      const { tag } = await buildImage("colours", version, bundle, file);
      const imported = lab.ctr(["images", "import", file]);
      assert.equal(imported.status, 0, String(imported.stderr));
      image = `docker.io/lab/colours:${version}`;
      const tagged = lab.ctr(["images", "tag", `docker.io/${tag}`, image]);
      assert.equal(tagged.status, 0, String(tagged.stderr));
    }
  });
  after(() => lab.stop());

  const runInLab = async (script: string, env: Readonly<Record<string, string>>): Promise<void> => {
    const path = fileURLToPath(new URL(script, import.meta.url));
    const { code, said } = await lab.run(path, { ...env, SIGHTBOOK_DATA: temporaryFolder() });
    assert.equal(code, 0, `${said}\n${lab.log("kubelet")}`);
    assert.match(said, /done/u);
  };

  test("serve, are replaced, changed, rolled back and deleted", async () => {
    await runInLab("./in-the-lab.js", { LAB_BUNDLES: bundles.join(":") });
  });

  test("do a batch as an Indexed Job though workers and the client are killed, each image once", async () => {
    const images = await writeTinyImages(20, 5);
    chmodSync(images, 0o755);
    const folder = temporaryFolder();
    chmodSync(folder, 0o755);
    await runInLab("../executors/in-the-lab.js", {
      LAB_IMAGE: image,
      LAB_SOCKET: join(lab.folder, "containerd.sock"),
      LAB_BATCH: [await writeTinyClassifier(), images, folder].join(":"),
    });
  });

  describe("whose image is in a registry that wants a login", { skip: skipWithoutRegistry }, () => {
    const registry = new Registry();
    const config = temporaryFolder();
    let daemon: DockerDaemon;
    let environment: Readonly<Record<string, string>>;

    before(async () => {
      await registry.start();
      daemon = await startDocker();
      writeFileSync(
        join(config, "config.json"),
        JSON.stringify({ auths: { [registry.host]: { auth: dockerAuth } } }),
      );
      environment = {
        DOCKER_HOST: daemon.host,
        DOCKER_CONFIG: config,
        LAB_REPOSITORY: `${registry.host}/team/colours`,
      };
      // The daemon pushes outside of the namespace; nodes find the same registry at the same address inside of it.
      await lab.startProgram("registry", registry.command(registry.host), "listening on");
    });
    after(async () => {
      await daemon.stop();
      await registry.stop();
      registry.remove();
    });

    test("pull it with a Secret, and not without", async () => {
      await runInLab("./pull-in-the-lab.js", { ...environment, LAB_BUNDLE: bundles[0]! });
    });

    test("do a batch as an Indexed Job whose folders lie on a PersistentVolumeClaim", async () => {
      const volume = temporaryFolder();
      cpSync(await writeTinyImages(20, 5), join(volume, "images"), { recursive: true });
      for (const path of [volume, join(volume, "images")]) chmodSync(path, 0o755);
      await runInLab("../executors/claim-in-the-lab.js", {
        ...environment,
        LAB_BATCH: [await writeTinyClassifier(), volume].join(":"),
      });
    });
  });
});
