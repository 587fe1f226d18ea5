import assert from "node:assert/strict";
import test from "node:test";

import { Deployment } from "../../src/deployment/index.js";
import { runCli } from "../cli/run-cli.js";
import { colourImage, red, writeColourBundle } from "../serving/colour-bundle.js";
import { temporaryFolder } from "../support.js";

// Before the folder itself is removed.
test.after(() => Deployment.deleteIfExists("typed"));
process.env["SIGHTBOOK_DATA"] = temporaryFolder();
const bundle = await writeColourBundle();

test("a service is deployed, listed, scaled, rolled back and deleted from a terminal", async () => {
  const empty = await runCli(["deployments", "list"]);
  assert.equal(empty.stdout, "Nothing is deployed.\n");

  const deployed = await runCli(["deploy", bundle, "--name", "typed", "--record", "--json"]);
  assert.equal(deployed.exitCode, 0, deployed.stderr);
  const { endpoint, version } = deployed.json() as { endpoint: string; version: string };
  assert.match(deployed.stderr, /Starting 1 replica\nReady at /u);
  const listed = await runCli(["deployments", "list"]);
  assert.equal(
    listed.stdout,
    `typed: running, local, ${endpoint}, version ${version}, 1 of 1 replica ready\n`,
  );

  const key = (await runCli(["deployments", "key", "typed"])).stdout.trim();
  const score = await Deployment.scoreExistingService(await colourImage(red), { endpoint, key });
  assert.equal(score.label, "red");
  for (let printed = ""; printed.trim() === "";) {
    printed = (await runCli(["deployments", "records", "typed"])).stdout;
    if (printed.trim() !== "") assert.equal((JSON.parse(printed) as { label: string }).label, "red");
  }
  const rotated = (await runCli(["deployments", "rotate-key", "typed"])).stdout.trim();
  assert.notEqual(rotated, key);
  assert.equal((await runCli(["deployments", "key", "typed"])).stdout.trim(), rotated);
  assert.equal((await runCli(["deployments", "key", "typed", "--secondary"])).stdout.trim(), key);
  assert.match((await runCli(["deployments", "logs", "typed", "--lines", "5"])).stdout, /"status":200/u);

  assert.equal((await runCli(["deployments", "scale", "typed", "2"])).stdout, "typed: 2 replicas\n");
  const next = await runCli(["deploy", await writeColourBundle({ bias: 1 }), "--name", "typed"]);
  assert.match(next.stdout, /^typed [0-9a-f]{12} is served at /u);
  assert.equal(
    (await runCli(["deployments", "rollback", "typed"])).stdout,
    `typed is back at version ${version}\n`,
  );
  const [status] = await Deployment.list();
  assert.equal(status!.readyReplicas, 2);

  assert.equal((await runCli(["deployments", "delete", "typed"])).stdout, "typed is deleted\n");
  const gone = await runCli(["deployments", "delete", "typed"]);
  assert.equal(gone.exitCode, 2);
  assert.match(gone.stderr, /^error: Deployment\.open: name must be that of a deployment, got "typed"/u);
});
