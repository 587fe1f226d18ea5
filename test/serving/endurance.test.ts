import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { closeSync, existsSync, openSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";

import { connectControl, spawnScoringProcess } from "../../src/serving/index.js";
import { repositoryRoot, temporaryFolder } from "../support.js";
import { colourImage, red, writeColourBundle } from "./colour-bundle.js";
import { predict } from "./requests.js";
import { megabytesOf, runSoak } from "./soak.js";

const image = await colourImage(red);
const bundle = await writeColourBundle();

test("memory stays flat over thousands of requests, good and bad ones", async (context) => {
  const control = join(temporaryFolder(), "control");
  const args = ["--port", "0", "--workers", "1", "--control", control, "--log-level", "silent"];
  const server = await spawnScoringProcess(bundle, { args });
  context.after(() => server.child.kill("SIGKILL"));
  const { inferencePids } = await connectControl(control).status();
  const pids = [server.pid, ...inferencePids];
  await runSoak(server.url, image, 1500);
  const before = megabytesOf(pids);
  await runSoak(server.url, image, 3000);
  const after = megabytesOf(pids);
  // Heaps breathe; a leak of one picture a request would be a hundred times this.
  assert.ok(after - before < 40, `grew from ${before} to ${after} MB`);
  assert.deepEqual((await connectControl(control).status()).inferencePids, inferencePids);
  assert.equal(await server.stop(), 0);
});

test(
  "a full disk stops the log and nothing else",
  {
    skip: !existsSync("/dev/full") && "this system has no /dev/full",
  },
  async (context) => {
    const full = openSync("/dev/full", "w");
    const server = await spawnScoringProcess(bundle, { args: ["--port", "0", "--workers", "1"], log: full });
    context.after(() => server.child.kill("SIGKILL"));
    closeSync(full);
    for (let i = 0; i < 20; i++) assert.equal((await predict(server.url, image)).status, 200);
    assert.equal(await server.stop(), 0);
  },
);

const wanted = 10_000;
const limit =
  process.platform === "win32"
    ? 0
    : Number(execFileSync("sh", ["-c", "ulimit -Hn"], { encoding: "utf8" }).replace("unlimited", "1e6"));

test(
  "ten thousand open connections: others are served, further ones are turned away",
  {
    skip: limit < wanted + 500 && `a process may open ${limit} files here, ${wanted + 500} are needed`,
  },
  () => {
    const client = join(repositoryRoot, "dist", "test", "serving", "many-connections.js");
    // Client and server each need a file for every connection: more than a process may open unless told so.
    const command = `ulimit -n ${wanted + 500} && exec "${process.execPath}" "${client}" "${bundle}" ${wanted}`;
    const output = execFileSync("sh", ["-c", command], { encoding: "utf8", timeout: 120_000 });
    assert.deepEqual(JSON.parse(output), {
      open: wanted,
      stillOpen: wanted,
      turnedAway: true,
      served: 200,
      exitCode: 0,
    });
  },
);
