import assert from "node:assert/strict";
import { chmodSync } from "node:fs";
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
import { Lab, skipWithoutPods } from "./lab.js";

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
});
