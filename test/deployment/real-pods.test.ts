import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { buildImage } from "../../src/deployment/docker/build-image.js";
import { storeVersion } from "../../src/deployment/stored-versions.js";
import { writeColourBundle } from "../serving/colour-bundle.js";
import { temporaryFolder } from "../support.js";
import { skipWithoutCluster } from "./cluster.js";
import { Lab, skipWithoutPods } from "./lab.js";

const skip = skipWithoutPods() || skipWithoutCluster();

test(
  "real pods of our own image serve, are replaced, changed, rolled back and deleted",
  { skip },
  async () => {
    const bundles = [await writeColourBundle(), await writeColourBundle({ bias: 1, name: "others" })];
    const lab = new Lab();
    try {
      await lab.start();
      for (const path of bundles) {
        const { version, bundle } = await storeVersion(temporaryFolder(), path);
        const file = join(lab.folder, "image.tar");
        const { tag } = await buildImage("colours", version, bundle, file);
        const imported = lab.ctr(["images", "import", file]);
        assert.equal(imported.status, 0, String(imported.stderr));
        const tagged = lab.ctr(["images", "tag", `docker.io/${tag}`, `docker.io/lab/colours:${version}`]);
        assert.equal(tagged.status, 0, String(tagged.stderr));
      }
      const { code, said } = await lab.run(fileURLToPath(new URL("./in-the-lab.js", import.meta.url)), {
        LAB_BUNDLES: bundles.join(":"),
        SIGHTBOOK_DATA: temporaryFolder(),
      });
      assert.equal(code, 0, `${said}\n${lab.log("kubelet")}`);
      assert.match(said, /done/u);
    } finally {
      await lab.stop();
    }
  },
);
