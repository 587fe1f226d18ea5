import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";

import { installKernelspec } from "../../kernel/install.js";
import { runCommand } from "../../src/commands.js";
import { Deployment } from "../../src/deployment/index.js";
import { jupyterEnvironment, python, skipWithoutPython } from "../kernel/python.js";
import { repositoryRoot, temporaryFolder } from "../support.js";

// Before the folder itself is removed.
test.after(() => Deployment.deleteIfExists("tableware"));
const data = temporaryFolder();
process.env["SIGHTBOOK_DATA"] = data;

interface Cell {
  readonly cell_type: string;
  readonly source: string | readonly string[];
  readonly outputs?: readonly {
    readonly text?: string | readonly string[];
    readonly data?: Readonly<Record<string, string | readonly string[]>>;
  }[];
}

const joined = (text: string | readonly string[] = ""): string =>
  typeof text === "string" ? text : text.join("");

test(
  "the notebook that deploys runs from top to bottom and leaves nothing",
  { skip: skipWithoutPython("nbclient") },
  async () => {
    const prefix = temporaryFolder();
    installKernelspec({ prefix });
    const output = join(temporaryFolder(), "executed.ipynb");
    const notebooks = join(repositoryRoot, "notebooks");
    await runCommand(
      "Running the notebook",
      python,
      ["-u", join(notebooks, "execute.py"), join(notebooks, "05-deploy.ipynb"), output],
      { env: { ...(jupyterEnvironment(prefix) as Record<string, string>), SIGHTBOOK_DATA: data } },
    );
    const { cells } = JSON.parse(readFileSync(output, "utf8")) as { cells: Cell[] };
    const textOf = (start: string): string => {
      const cell = cells.find(({ source }) => joined(source).includes(start))!;
      return cell.outputs!.map((out) => joined(out.text ?? out.data?.["text/plain"])).join("");
    };
    assert.match(textOf("deployment.deploy("), /Ready at http:\/\/127\.0\.0\.1:\d+[^]*2 of 2 ready/u);
    assert.match(textOf("await deployment.scoreImage(testSet.images[0].path)"), /decision: 'bowl'/u);
    assert.match(textOf("loadTest("), /p99/u);
    assert.match(textOf("compareRecords("), /Drift: changed: [^\n]*brightness[^]*brightness .* large/mu);
    const [, now, back] = /now ([0-9a-f]{12})\nback ([0-9a-f]{12})/u.exec(textOf("rollback()"))!;
    assert.notEqual(now, back);
    assert.equal(textOf("await deployment.delete()").trim(), "[]");
    assert.deepEqual(await Deployment.list(), []);
  },
);
