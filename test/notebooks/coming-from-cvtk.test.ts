import assert from "node:assert/strict";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test, { before, describe } from "node:test";

import { installKernelspec } from "../../kernel/install.js";
import { runCommand } from "../../src/commands.js";
import { Deployment } from "../../src/deployment/index.js";
import { jupyterEnvironment, python, skipWithoutPython } from "../kernel/python.js";
import { notebookOf, type NotebookCell } from "../notebook-of.js";
import { repositoryRoot, temporaryFolder } from "../support.js";
import { prelude, rowChecks } from "./cvtk-rows.js";

/*
 * The page's program runs in one notebook, part by part; after each part come cells that run the calls of the table with the
 * same heading. Then each row is a test of what its cell gave.
 */

// Before the folder itself is removed.
test.after(async () => {
  for (const name of ["wsdeployment", "second"]) await Deployment.deleteIfExists(name);
});
process.env["SIGHTBOOK_DATA"] = temporaryFolder();

const page = readFileSync(join(repositoryRoot, "docs", "coming-from-cvtk.md"), "utf8");
const blocks = [...page.matchAll(/```ts\n([\s\S]*?)```/gu)].map(([, code]) => code!);
const withoutSpace = (text: string): string => text.replace(/\s+/gu, "").replace(/,(?=[\]})])/gu, "");

interface Row {
  readonly heading: string;
  readonly original: string;
  readonly ours: string;
}

const rows = page
  .split(/^## /mu)
  .slice(1)
  .flatMap((section): Row[] => {
    const [heading, ...lines] = section.split("\n");
    return lines
      .filter((line) => line.startsWith("| ") && !/^\| (?:-|original)/u.test(line))
      .map((line) => {
        const [original, ours, ...more] = line.replace(/^\| | *\|$/gu, "").split(/ +\| /u);
        assert.deepEqual(more, [], line);
        return { heading: heading!, original: original!, ours: ours! };
      });
  });

/** The right cells that hold code of this package, and that code. */
const calls = rows
  .map(({ ours }) => ours)
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

test("every row of the page has a check, and every check a row", () => {
  const ofPage = rows.map(({ heading, original }) => `${heading}: ${original}`);
  const checked = Object.entries(rowChecks).flatMap(([heading, checks]) =>
    Object.keys(checks).map((original) => `${heading}: ${original}`),
  );
  assert.deepEqual(checked.sort(), ofPage.sort());
});

test("a check that runs its row's call runs what the page says", () => {
  const running = rows.filter(({ heading, original }) => rowChecks[heading]?.[original]?.runsCall);
  assert.ok(running.length > 20, String(running.length));
  for (const { heading, original, ours } of running) {
    const cell = withoutSpace(rowChecks[heading]![original]!.cell!);
    assert.ok(cell.includes(withoutSpace(ours.replaceAll("`", ""))), `${ours} is not in ${cell}`);
  }
});

interface Output {
  readonly output_type: string;
  readonly name?: string;
  readonly text?: string | readonly string[];
  readonly data?: Readonly<Record<string, unknown>>;
  readonly evalue?: string;
}

interface Executed {
  readonly cells: readonly { readonly id: string; readonly outputs: readonly Output[] }[];
  readonly metadata: {
    readonly widgets: Record<
      "application/vnd.jupyter.widget-state+json",
      { readonly state: Readonly<Record<string, { readonly state: Readonly<Record<string, unknown>> }>> }
    >;
  };
}

/** The parts of the program, by the comments that begin them; the first one holds the imports too. */
const parts = blocks[0]!.split(/^(?=\/\/ )/mu);

/** The notebook's cells, and which one belongs to which row. */
function cellsOfPage(): { cells: NotebookCell[]; cellOfRow: Map<string, number> } {
  const cells: NotebookCell[] = [prelude, parts[0]!];
  const cellOfRow = new Map<string, number>();
  for (const heading of [...new Set([...Object.keys(rowChecks), "The end"])]) {
    const part = parts.find((each) => each.startsWith(`// ${heading}\n`));
    if (part !== undefined) cells.push(part);
    for (const [original, { cell }] of Object.entries(rowChecks[heading] ?? {})) {
      if (cell === undefined) continue;
      cellOfRow.set(original, cells.length);
      cells.push({ source: cell, outputs: [], mayFail: true });
    }
  }
  return { cells, cellOfRow };
}

describe("coming from cvtk, in a notebook", { skip: skipWithoutPython("nbclient") }, () => {
  const { cells, cellOfRow } = cellsOfPage();
  const prefix = temporaryFolder();
  const folder = join(prefix, "work");
  let executed: Executed;

  before(async () => {
    installKernelspec({ prefix });
    mkdirSync(folder);
    symlinkSync(join(repositoryRoot, "notebooks"), join(folder, "notebooks"));
    const notebook = join(folder, "tutorial.ipynb");
    writeFileSync(notebook, notebookOf(cells));
    const output = join(folder, "executed.ipynb");
    const script = join(repositoryRoot, "notebooks", "execute.py");
    await runCommand("Running the tutorial", python, ["-u", script, notebook, output], {
      env: jupyterEnvironment(prefix) as Record<string, string>,
    });
    executed = JSON.parse(readFileSync(output, "utf8")) as Executed;
  });

  test("the program holds all parts", () => {
    assert.equal(parts.length, Object.keys(rowChecks).length + 1);
  });

  for (const { heading, original, ours } of rows) {
    test(`${heading}: ${original} is ${ours}`, async () => {
      const { check } = rowChecks[heading]![original]!;
      const index = cellOfRow.get(original);
      const result = index === undefined ? undefined : resultOf(executed.cells[index]!.outputs);
      await check(result as never, folder);
    });
  }

  test("the views are those of the widgets, and nothing is left", async () => {
    const { state } = executed.metadata.widgets["application/vnd.jupyter.widget-state+json"];
    assert.deepEqual(
      new Set(Object.values(state).map((each) => each.state["_view_name"])),
      new Set(["AnnotationView", "MonitorView", "PrecisionRecallView", "ResultsView"]),
    );
    assert.deepEqual(await Deployment.list(), []);
  });
});

/** The JSON that a cell printed, which must be all that it printed; else the forms of what it showed. */
function resultOf(outputs: readonly Output[]): unknown {
  const failure = outputs.find(({ output_type: type }) => type === "error");
  assert.equal(failure?.evalue, undefined);
  const printed = outputs.filter(({ output_type: type }) => type === "stream");
  const [first, second] = printed;
  if (first === undefined) return outputs.at(-1)?.data ?? {};
  const text = [first.text ?? ""].flat().join("");
  assert.equal(second, undefined, "nothing is printed unasked");
  assert.equal(first.name, "stdout", text);
  assert.equal(text.trimEnd().split("\n").length, 1, "nothing is printed unasked");
  return JSON.parse(text);
}
