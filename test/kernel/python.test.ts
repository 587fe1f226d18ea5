import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";

import { installKernelspec, kernelspec, listKernelspecs, removeKernelspec } from "../../kernel/install.js";
import { repositoryRoot, temporaryFolder } from "../support.js";
import { jupyterEnvironment, python, skipWithoutPython } from "./python.js";

const prefix = temporaryFolder();
const environment = jupyterEnvironment(prefix);

test("the kernelspec is installed, listed and removed without a trace", () => {
  const other = temporaryFolder();
  const folder = installKernelspec({ prefix: other, env: { SIGHTBOOK_ENGINE: "wasm" } });
  assert.equal(folder, join(other, "share", "jupyter", "kernels", "sightbook"));
  const spec = JSON.parse(readFileSync(join(folder, "kernel.json"), "utf8")) as Record<string, unknown>;
  assert.equal(spec["display_name"], "TypeScript (Sightbook)");
  assert.equal(spec["language"], "typescript");
  assert.equal(spec["interrupt_mode"], "message");
  assert.deepEqual(spec["env"], { SIGHTBOOK_ENGINE: "wasm" });
  const argv = spec["argv"] as readonly string[];
  assert.ok(
    argv.slice(-3, -1).every((file) => existsSync(file)),
    argv.join(" "),
  );
  assert.equal(argv.at(-1), "{connection_file}");
  assert.deepEqual([...readFileSync(join(folder, "logo-64x64.png")).subarray(1, 4)], [0x50, 0x4e, 0x47]);
  assert.match(readFileSync(join(folder, "logo-svg.svg"), "utf8"), /^<svg /);
  assert.deepEqual(
    listKernelspecs({ prefix: other }).map((kernel) => kernel.folder),
    [folder],
  );
  assert.equal(installKernelspec({ prefix: other }), folder);
  assert.equal(removeKernelspec({ prefix: other }), folder);
  assert.equal(existsSync(folder), false);
  assert.equal(removeKernelspec({ prefix: other }), undefined);
  assert.deepEqual(listKernelspecs({ prefix: other }), []);
});

test("sightbook kernel install, list and remove", () => {
  const other = temporaryFolder();
  const sightbook = (...words: string[]) => {
    const main = join(repositoryRoot, "dist", "src", "cli", "main.js");
    const run = spawnSync(process.execPath, [main, "kernel", ...words], { encoding: "utf8" });
    return { status: run.status, json: run.status === 0 ? (JSON.parse(run.stdout) as unknown) : run.stderr };
  };
  const folder = join(other, "share", "jupyter", "kernels", "mine");
  assert.deepEqual(sightbook("install", "--prefix", other, "--name", "mine", "--env", "A=b=c", "--json"), {
    status: 0,
    json: { installed: folder },
  });
  const listed = sightbook("list", "--prefix", other, "--json").json as { kernels: { folder: string }[] };
  assert.deepEqual(
    listed.kernels.map((kernel) => kernel.folder),
    [folder],
  );
  assert.deepEqual(sightbook("remove", "--prefix", other, "--name", "mine", "--json").json, {
    removed: folder,
  });
  const wrong = sightbook("juggle");
  assert.equal(wrong.status, 2);
  assert.match(wrong.json as string, /error: juggle is not a command/);
});

test(
  "a kernel whose node is gone starts with the one on the path",
  { skip: process.platform === "win32" },
  () => {
    const { argv } = kernelspec({ node: "/gone/node" }) as { argv: readonly string[] };
    const [shell, ...words] = argv.slice(0, -2);
    const run = spawnSync(shell!, [...words, "-p", "6 * 7"], { encoding: "utf8" });
    assert.equal(run.stdout, "42\n", run.stderr);
  },
);

test(
  "jupyter_kernel_test: every test but the pager's",
  { skip: skipWithoutPython("jupyter_kernel_test") },
  () => {
    installKernelspec({ prefix });
    const script = join(repositoryRoot, "test", "kernel", "test_protocol.py");
    const run = spawnSync(python, [script], { env: environment, encoding: "utf8" });
    assert.equal(run.status, 0, run.stderr);
    assert.match(run.stderr, /Ran 13 tests[^]*OK \(skipped=1\)/);
  },
);

test("nbclient runs a notebook and keeps its outputs", { skip: skipWithoutPython("nbclient") }, () => {
  installKernelspec({ prefix });
  const cells = [
    "let n = 0; function inc() { return ++n }",
    "n = 100; [inc(), n]",
    "console.log('printed'); display('shown')",
  ];
  const notebook = {
    cells: cells.map((source, index) => ({
      cell_type: "code",
      id: `c${index}`,
      metadata: {},
      execution_count: null,
      outputs: [],
      source,
    })),
    metadata: {
      kernelspec: { name: "sightbook", display_name: "TypeScript (Sightbook)", language: "typescript" },
    },
    nbformat: 4,
    nbformat_minor: 5,
  };
  const file = join(prefix, "notebook.ipynb");
  writeFileSync(file, JSON.stringify(notebook));
  const program =
    "import sys, nbformat; from nbclient import NotebookClient; nb = nbformat.read(sys.argv[1], 4); " +
    "NotebookClient(nb, timeout=120).execute(); nbformat.validate(nb); nbformat.write(nb, sys.argv[1])";
  const run = spawnSync(python, ["-c", program, file], { env: environment, encoding: "utf8", cwd: prefix });
  assert.equal(run.status, 0, run.stderr);
  const done = JSON.parse(readFileSync(file, "utf8")) as typeof notebook & {
    metadata: { language_info: unknown };
  };
  const outputs = done.cells.map((cell) => cell.outputs as Record<string, unknown>[]);
  assert.deepEqual(outputs[1]![0]!["data"], { "text/plain": ["[ 101, 101 ]"] });
  assert.deepEqual(
    outputs[2]!.map((output) => output["output_type"]),
    ["stream", "display_data"],
  );
  assert.equal((done.metadata.language_info as Record<string, unknown>)["file_extension"], ".ts");
});
