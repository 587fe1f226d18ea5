import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";

import { Deployment } from "../../src/deployment/index.js";
import { colourImage, red, writeColourBundle } from "../serving/colour-bundle.js";
import { temporaryFolder } from "../support.js";

const disk = join(temporaryFolder(), "disk");
mkdirSync(disk);
const isMounted =
  process.platform === "linux" &&
  process.getuid?.() === 0 &&
  spawnSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", disk]).status === 0;
const bundle = await writeColourBundle();

/** Leaves no byte. */
function fill(): void {
  for (let size = 1 << 20; size >= 1; size >>= 1) {
    for (let number = 0; ; number++) {
      try {
        writeFileSync(join(disk, `filler-${size}-${number}`), Buffer.alloc(size), { flag: "wx" });
      } catch {
        break;
      }
    }
  }
}

function makeRoom(): void {
  for (const name of readdirSync(disk)) if (name.startsWith("filler")) rmSync(join(disk, name));
}

describe(
  "a full disk",
  { skip: !isMounted && "a disk that can be full takes root on Linux, to mount it" },
  () => {
    before(() => {
      process.env["SIGHTBOOK_DATA"] = join(disk, "data");
    });
    after(async () => {
      await Deployment.deleteIfExists("full");
      spawnSync("umount", ["-l", disk]);
    });

    test("is said when deploying, and leaves nothing", async () => {
      fill();
      await assert.rejects(new Deployment({ name: "full", model: bundle }).deploy(), /the disk is full/u);
      assert.equal(await Deployment.deleteIfExists("full"), false);
    });

    test("costs a running deployment records and log lines, no answer; what it was told before stays", async () => {
      makeRoom();
      const image = await colourImage(red);
      const deployment = await new Deployment({ name: "full", model: bundle, record: true }).deploy();
      const { version, key } = deployment;
      fill();
      for (let sent = 0; sent < 30; sent++) assert.equal((await deployment.scoreImage(image)).label, "red");
      const next = await writeColourBundle({ bias: 1 });
      await assert.rejects(new Deployment({ name: "full", model: next }).deploy(), /the disk is full/u);
      await assert.rejects(deployment.rotateKey(), /the disk is full/u);
      assert.equal((await deployment.scoreImage(image)).modelVersion, version);
      const opened = await Deployment.open("full");
      assert.deepEqual([opened.key, (await opened.status())!.version], [key, version]);
      assert.equal(await deployment.delete(), true);
      assert.ok(!existsSync(join(disk, "data", "deployments", "full")));
    });
  },
);
