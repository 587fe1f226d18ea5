import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";

import { installKernelspec } from "../../kernel/install.js";
import { notebookOf } from "../notebook-of.js";
import { repositoryRoot, temporaryFolder } from "../support.js";
import { jupyterEnvironment, python, skipWithoutPython } from "./python.js";

const prefix = temporaryFolder();
const environment = jupyterEnvironment(prefix);

installKernelspec({ prefix });

test(
  "jupyter_kernel_test: every test but the pager's",
  { skip: skipWithoutPython("jupyter_kernel_test") },
  () => {
    const script = join(repositoryRoot, "test", "kernel", "test_protocol.py");
    const run = spawnSync(python, [script], { env: environment, encoding: "utf8" });
    assert.equal(run.status, 0, run.stderr);
    assert.match(run.stderr, /Ran 13 tests[^]*OK \(skipped=1\)/);
  },
);

for (const [name, module, script] of [
  ["Jupyter's own manager: restarts, deaths, two front ends", "jupyter_client", "test_manager.py"],
  ["jupyter console: a session at the terminal", "jupyter_console, pexpect", "test_console.py"],
] as const) {
  const windows = process.platform === "win32" && module.includes("pexpect") && "Windows has no pexpect";
  test(name, { skip: windows || skipWithoutPython(module) }, () => {
    const path = join(repositoryRoot, "test", "kernel", script);
    const run = spawnSync(python, [path], { env: environment, encoding: "utf8" });
    assert.equal(run.status, 0, run.stderr);
  });
}

test("jupyter run runs a script", { skip: skipWithoutPython("jupyter_client") }, () => {
  const script = join(prefix, "script.ts");
  writeFileSync(
    script,
    "const words: string[] = ['printed'];\nfor (const word of words) console.log(word);\n",
  );
  const run = spawnSync(python, ["-m", "jupyter", "run", "--kernel", "sightbook", script], {
    env: environment,
    encoding: "utf8",
  });
  assert.equal(run.status, 0, run.stderr);
  assert.equal(run.stdout, "printed\n");
});

test("nbclient runs a notebook and keeps its outputs", { skip: skipWithoutPython("nbclient") }, () => {
  const cells = [
    "let n = 0; function inc() { return ++n }",
    "n = 100; [inc(), n]",
    "console.log('printed'); display('shown')",
  ];
  const file = join(prefix, "notebook.ipynb");
  writeFileSync(file, notebookOf(cells));
  const program =
    "import sys, nbformat; from nbclient import NotebookClient; nb = nbformat.read(sys.argv[1], 4); " +
    "NotebookClient(nb, timeout=120).execute(); nbformat.validate(nb); nbformat.write(nb, sys.argv[1])";
  const run = spawnSync(python, ["-c", program, file], { env: environment, encoding: "utf8", cwd: prefix });
  assert.equal(run.status, 0, run.stderr);
  const done = JSON.parse(readFileSync(file, "utf8")) as {
    readonly cells: readonly { readonly outputs: Record<string, unknown>[] }[];
    readonly metadata: { readonly language_info: unknown };
  };
  const outputs = done.cells.map((cell) => cell.outputs);
  assert.deepEqual(outputs[1]![0]!["data"], { "text/plain": ["[ 101, 101 ]"] });
  assert.deepEqual(
    outputs[2]!.map((output) => output["output_type"]),
    ["stream", "display_data"],
  );
  assert.equal((done.metadata.language_info as Record<string, unknown>)["file_extension"], ".ts");
});
