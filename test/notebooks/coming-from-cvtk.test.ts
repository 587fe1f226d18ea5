import assert from "node:assert/strict";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";

import { installKernelspec } from "../../kernel/install.js";
import { runCommand } from "../../src/commands.js";
import { Deployment } from "../../src/deployment/index.js";
import { jupyterEnvironment, python, skipWithoutPython } from "../kernel/python.js";
import { notebookOf } from "../notebook-of.js";
import { repositoryRoot, temporaryFolder } from "../support.js";

// Before the folder itself is removed.
test.after(() => Deployment.deleteIfExists("wsdeployment"));
process.env["SIGHTBOOK_DATA"] = temporaryFolder();

const page = readFileSync(join(repositoryRoot, "docs", "coming-from-cvtk.md"), "utf8");
const blocks = [...page.matchAll(/```ts\n([\s\S]*?)```/gu)].map(([, code]) => code!);
const withoutSpace = (text: string): string => text.replace(/\s+/gu, "").replace(/,(?=[\]})])/gu, "");

/** The right cells of the tables that hold code of this package, and that code. */
const calls = page
  .split("\n")
  .filter((line) => line.startsWith("| ") && !/^\| (?:-|original)/u.test(line))
  .map((line) =>
    line
      .split(" | ")
      .at(-1)!
      .replace(/\s*\|$/u, ""),
  )
  .filter((cell) => cell.startsWith("`") && !cell.startsWith("`sightbook "))
  .map((cell) => cell.replace(/^`+ ?| ?`+$/gu, ""));

test("the programs of the page hold every call of its tables", () => {
  assert.ok(calls.length > 45, String(calls.length));
  const programs = withoutSpace(blocks.join("\n"));
  assert.deepEqual(
    calls.filter((call) => !programs.includes(withoutSpace(call))),
    [],
  );
});

test("the whole tutorial runs in a notebook", { skip: skipWithoutPython("nbclient") }, async () => {
  const prefix = temporaryFolder();
  installKernelspec({ prefix });
  const folder = join(prefix, "work");
  mkdirSync(folder);
  symlinkSync(join(repositoryRoot, "notebooks"), join(folder, "notebooks"));
  const notebook = join(folder, "tutorial.ipynb");
  const displays = ["annotation", "results", "precisionRecall", "plots.rocCurve(evaluation)", "report"];
  writeFileSync(notebook, notebookOf([blocks[0]!, ...displays]));
  const output = join(folder, "executed.ipynb");
  const script = join(repositoryRoot, "notebooks", "execute.py");
  await runCommand("Running the tutorial", python, ["-u", script, notebook, output], {
    env: jupyterEnvironment(prefix) as Record<string, string>,
  });
  const executed = JSON.parse(readFileSync(output, "utf8")) as {
    cells: { outputs: { data?: Readonly<Record<string, unknown>> }[] }[];
    metadata: {
      widgets: Record<
        "application/vnd.jupyter.widget-state+json",
        { state: Readonly<Record<string, { state: Readonly<Record<string, unknown>> }>> }
      >;
    };
  };
  const shown = executed.cells.slice(1).map(({ outputs }) => Object.keys(outputs.at(-1)?.data ?? {}));
  // A notebook that a program runs keeps each widget's picture, and its state for the program's own use.
  for (const types of shown.slice(0, 3)) assert.ok(types.includes("image/png"), types.join());
  const views = Object.values(executed.metadata.widgets["application/vnd.jupyter.widget-state+json"].state);
  assert.deepEqual(
    new Set(views.map(({ state }) => state["_view_name"])),
    new Set(["AnnotationView", "MonitorView", "PrecisionRecallView", "ResultsView"]),
  );
  assert.ok(shown[4]!.includes("text/html"));
  assert.deepEqual(await Deployment.list(), []);
});
