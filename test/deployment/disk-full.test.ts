import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";

import { Deployment } from "../../src/deployment/index.js";
import { mountSmallDisk } from "../full-disk.js";
import { colourImage, red, writeColourBundle } from "../serving/colour-bundle.js";

const disk = mountSmallDisk();
const bundle = await writeColourBundle();

describe("a full disk", { skip: disk.skip }, () => {
  before(() => {
    process.env["SIGHTBOOK_DATA"] = join(disk.folder, "data");
  });
  after(async () => {
    await Deployment.deleteIfExists("full");
  });

  test("is said when deploying, and leaves nothing", async () => {
    disk.fill();
    await assert.rejects(new Deployment({ name: "full", model: bundle }).deploy(), /the disk is full/u);
    assert.equal(await Deployment.deleteIfExists("full"), false);
  });

  test("costs a running deployment records and log lines, no answer; what it was told before stays", async () => {
    disk.makeRoom();
    const image = await colourImage(red);
    const deployment = await new Deployment({ name: "full", model: bundle, record: true }).deploy();
    const { version, key } = deployment;
    disk.fill();
    for (let sent = 0; sent < 30; sent++) assert.equal((await deployment.scoreImage(image)).label, "red");
    const next = await writeColourBundle({ bias: 1 });
    await assert.rejects(new Deployment({ name: "full", model: next }).deploy(), /the disk is full/u);
    await assert.rejects(deployment.rotateKey(), /the disk is full/u);
    assert.equal((await deployment.scoreImage(image)).modelVersion, version);
    const opened = await Deployment.open("full");
    assert.deepEqual([opened.key, (await opened.status())!.version], [key, version]);
    assert.equal(await deployment.delete(), true);
    assert.ok(!existsSync(join(disk.folder, "data", "deployments", "full")));
  });
});
