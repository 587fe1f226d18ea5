import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";

import { runCli } from "../cli/run-cli.js";
import { repositoryRoot, temporaryFolder } from "../support.js";

const { version } = JSON.parse(readFileSync(join(repositoryRoot, "package.json"), "utf8")) as {
  version: string;
};

test("sightbook widgets install, list and remove", async () => {
  const prefix = temporaryFolder();
  const folder = join(prefix, "share", "jupyter", "labextensions", "sightbook");
  const sightbook = async (action: string) =>
    (await runCli(["widgets", action, "--prefix", prefix, "--json"])).json();

  assert.deepEqual(await sightbook("list"), { widgets: null });
  assert.deepEqual(await sightbook("install"), { installed: folder });
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
    jupyterlab: { _build: { load: string } };
  };
  assert.ok(existsSync(join(folder, manifest.jupyterlab._build.load)));
  assert.deepEqual(await sightbook("list"), { widgets: { folder, version } });

  // What an older version left there goes.
  writeFileSync(join(folder, "package.json"), `{ "version": "0.0.1" }`);
  writeFileSync(join(folder, "left-over.js"), "");
  await sightbook("install");
  assert.deepEqual(await sightbook("list"), { widgets: { folder, version } });
  assert.equal(existsSync(join(folder, "left-over.js")), false);

  assert.deepEqual(await sightbook("remove"), { removed: folder });
  assert.equal(existsSync(folder), false);
  assert.deepEqual(await sightbook("remove"), { removed: null });
});

test("for the active Python environment, which there must be", async () => {
  const prefix = temporaryFolder();
  const none = { VIRTUAL_ENV: "", CONDA_PREFIX: "" };
  const installed = await runCli(["widgets", "install", "--sys-prefix"], {
    env: { ...none, VIRTUAL_ENV: prefix },
  });
  assert.equal(
    installed.stdout,
    `Installed in ${join(prefix, "share", "jupyter", "labextensions", "sightbook")}.\n`,
  );
  const failed = await runCli(["widgets", "install", "--sys-prefix"], { env: none });
  assert.equal(failed.exitCode, 2);
  assert.match(failed.stderr, /^error: --sys-prefix needs an active Python environment/);
});

test("a word that is no command is named, with the usage", async () => {
  const { exitCode, stderr } = await runCli(["widgets", "juggle"]);
  assert.equal(exitCode, 2);
  assert.equal(stderr, "error: juggle is not a command\nSee sightbook widgets --help.\n");
});
