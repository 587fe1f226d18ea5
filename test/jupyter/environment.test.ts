import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import test from "node:test";

import { CancelledError, EnvironmentError } from "../../src/errors.js";
import { ensureJupyterEnvironment } from "../../src/jupyter/index.js";
import { skipWithoutJupyter } from "../browser/jupyterlab.js";
import { repositoryRoot, temporaryFolder } from "../support.js";

test("a finished environment is used as it is", { skip: skipWithoutJupyter }, async () => {
  const messages: string[] = [];
  const { changed, python } = await ensureJupyterEnvironment(join(repositoryRoot, ".venv"), {
    onProgress: (message) => messages.push(message),
  });
  assert.equal(changed, false);
  assert.ok(existsSync(python));
  assert.deepEqual(messages, []);
});

test("an environment that was cancelled is unfinished, and says so", async () => {
  const folder = join(temporaryFolder(), "environment");
  const controller = new AbortController();
  const making = ensureJupyterEnvironment(folder, {
    signal: controller.signal,
    onProgress: (message) => {
      if (message.startsWith("Installing")) controller.abort();
    },
  });
  await assert.rejects(making, CancelledError);
  assert.ok(existsSync(join(folder, "pyvenv.cfg")), "the first step is kept");
  assert.ok(!existsSync(join(folder, "sightbook-environment.json")), "no stamp says that it is finished");
});

test("a Python that is missing or too old is named, with what was found", async (t) => {
  const named = process.env["SIGHTBOOK_PYTHON"];
  t.after(() => {
    if (named === undefined) delete process.env["SIGHTBOOK_PYTHON"];
    else process.env["SIGHTBOOK_PYTHON"] = named;
  });
  process.env["SIGHTBOOK_PYTHON"] = "no-such-python";
  await assert.rejects(ensureJupyterEnvironment(join(temporaryFolder(), "environment")), (error) => {
    assert.ok(error instanceof EnvironmentError);
    assert.equal(
      error.message,
      "Set-up needs Python 3.10 or newer, found no-such-python (not found). Install it, or name one with SIGHTBOOK_PYTHON.",
    );
    return true;
  });
});
