import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { openEngine } from "../../src/engine/index.js";
import { finished } from "../../src/engine/setup/context.js";
import {
  bindingName,
  findInstallation,
  installationFolder,
  libraryFolder,
  manifestName,
} from "../../src/engine/setup/installation.js";
import { missingPlatform, setupEngine } from "../../src/engine/setup/index.js";
import { CancelledError, EnvironmentError } from "../../src/errors.js";
import { temporaryFolder } from "../support.js";

const names = ["SIGHTBOOK_CACHE", "SIGHTBOOK_PYTHON", "SIGHTBOOK_ENGINE", "npm_execpath"] as const;
const skip = missingPlatform() ?? false;

describe("set-up of the TensorFlow engine", { skip }, () => {
  let kept: (readonly [string, string | undefined])[];

  beforeEach(() => {
    kept = names.map((name) => [name, process.env[name]]);
  });

  afterEach(() => {
    // An empty variable counts as none.
    for (const [name, value] of kept) process.env[name] = value ?? "";
  });

  /** A Python that passes for one but whose pip fails. */
  function brokenPython(folder: string): string {
    const path = join(folder, "python");
    writeFileSync(
      path,
      '#!/bin/sh\ncase "$2" in *version_info*) echo 3.12;; *) echo "no route to the index" >&2; exit 3;; esac\n',
    );
    chmodSync(path, 0o755);
    return path;
  }

  /** An npm that saves a tarball which is not the one that was asked for. */
  function wrongNpm(folder: string): string {
    const path = join(folder, "npm.cjs");
    writeFileSync(
      path,
      "const a = process.argv; require('fs').writeFileSync(a[a.indexOf('--pack-destination') + 1] + '/x.tgz', 'other');",
    );
    return path;
  }

  test("what is set up is used as it is, without Python or network", async () => {
    process.env["SIGHTBOOK_PYTHON"] = "/nowhere/python";
    const messages: string[] = [];
    const installation = await setupEngine({
      variant: "cpu",
      onProgress: (message) => messages.push(message),
    });
    assert.ok(existsSync(installation.bindingPath));
    assert.deepEqual(messages, []);
  });

  test("an installation is complete when its manifest is there and every file has its size", async () => {
    process.env["SIGHTBOOK_CACHE"] = temporaryFolder();
    const folder = installationFolder("cpu");
    mkdirSync(join(folder, libraryFolder), { recursive: true });
    const binding = join(folder, libraryFolder, bindingName);
    writeFileSync(binding, "binding");
    assert.equal(await findInstallation("cpu"), undefined);
    const files = { [`${libraryFolder}/${bindingName}`]: { bytes: 7, sha256: "" } };
    writeFileSync(join(folder, manifestName), JSON.stringify({ variant: "cpu", files }));
    assert.equal((await findInstallation("cpu"))?.bindingPath, binding);
    writeFileSync(binding, "bind");
    assert.equal(await findInstallation("cpu"), undefined);
  });

  test("a download that is not what was pinned is refused, and not kept", async () => {
    const folder = temporaryFolder();
    process.env["SIGHTBOOK_CACHE"] = folder;
    process.env["npm_execpath"] = wrongNpm(folder);
    await assert.rejects(setupEngine({ variant: "cpu" }), {
      name: "EnvironmentError",
      message:
        /^Downloading @tensorflow\/tfjs-node-gpu 4\.22\.0 failed: the registry's file has checksum sha512-.*, expected sha512-p\/\/NN6.*Check the registry/,
    });
    assert.ok(!existsSync(join(`${installationFolder("cpu")}.build`, "binding")));
  });

  test("a failed step says what failed, its last lines and the command that mends it; finished steps are kept", async () => {
    const folder = temporaryFolder();
    process.env["SIGHTBOOK_CACHE"] = folder;
    process.env["SIGHTBOOK_PYTHON"] = brokenPython(folder);
    process.env["npm_execpath"] = wrongNpm(folder);
    const build = `${installationFolder("cpu")}.build`;
    for (const step of ["binding", "node-headers"]) mkdirSync(join(build, step), { recursive: true });
    const python = process.env["SIGHTBOOK_PYTHON"];
    await assert.rejects(setupEngine({ variant: "cpu" }), {
      name: "EnvironmentError",
      message: `Downloading TensorFlow 2.21.0 failed: ${python} ended with exit code 3. To try again: npx sightbook setup\n  no route to the index`,
    });
    assert.ok(existsSync(join(build, "binding")));
    const locks = readdirSync(dirname(build)).filter((name) => name.endsWith(".lock"));
    assert.deepEqual(locks, []);
  });

  test("an aborted signal cancels it", async () => {
    process.env["SIGHTBOOK_CACHE"] = temporaryFolder();
    await assert.rejects(setupEngine({ variant: "cpu", signal: AbortSignal.abort() }), CancelledError);
  });

  test("a step appears under its name only when it is complete, and is done once", async () => {
    const folder = join(temporaryFolder(), "step");
    await assert.rejects(
      finished(folder, (partial) => {
        writeFileSync(join(partial, "half"), "");
        return Promise.reject(new Error("interrupted"));
      }),
      /interrupted/,
    );
    assert.ok(!existsSync(folder));
    let times = 0;
    for (let i = 0; i < 2; i++) {
      await finished(folder, (partial) => {
        times++;
        writeFileSync(join(partial, "whole"), "");
        return Promise.resolve();
      });
    }
    assert.equal(times, 1);
    assert.deepEqual(readdirSync(folder), ["whole"]);
  });

  test("without it the engine says so and names the command", async () => {
    process.env["SIGHTBOOK_CACHE"] = temporaryFolder();
    await assert.rejects(openEngine({ name: "tensorflow" }), {
      name: "EnvironmentError",
      message: "openEngine: TensorFlow 2.21.0 is not set up on this machine. Run: npx sightbook setup",
    });
  });

  test("without a name the next engine is told why the better ones do not run", async () => {
    process.env["SIGHTBOOK_CACHE"] = temporaryFolder();
    delete process.env["SIGHTBOOK_ENGINE"];
    const unavailable: string[] = [];
    const engine = await openEngine({
      onUnavailable: (name, reason) => unavailable.push(`${name}: ${reason}`),
    });
    assert.notEqual(engine.name, "tensorflow");
    assert.equal(
      unavailable[0],
      "tensorflow: openEngine: TensorFlow 2.21.0 is not set up on this machine. Run: npx sightbook setup",
    );
    await engine.dispose();
  });

  test("an unknown engine is refused by the name of what set it", async () => {
    process.env["SIGHTBOOK_ENGINE"] = "torch";
    await assert.rejects(openEngine(), {
      name: "ArgumentError",
      message: 'openEngine: SIGHTBOOK_ENGINE must be one of tensorflow, webgpu, wasm, got "torch".',
    });
  });

  test("a binding that does not load is an error of the environment, not a crash", async () => {
    process.env["SIGHTBOOK_CACHE"] = temporaryFolder();
    const folder = installationFolder("cpu");
    mkdirSync(join(folder, libraryFolder), { recursive: true });
    writeFileSync(join(folder, libraryFolder, bindingName), "not a library");
    writeFileSync(join(folder, manifestName), JSON.stringify({ variant: "cpu", files: {} }));
    await assert.rejects(openEngine({ name: "tensorflow" }), EnvironmentError);
  });
});
