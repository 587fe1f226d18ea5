import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { before, describe, test } from "node:test";

import { installKernelspec } from "../../kernel/install.js";
import { repositoryRoot, temporaryFolder } from "../support.js";
import { jupyterEnvironment, python, skipWithoutPython } from "./python.js";

interface Output {
  readonly output_type: string;
  readonly evalue?: string;
  readonly text?: string | readonly string[];
  readonly data?: Readonly<Record<string, string | readonly string[]>>;
}

interface Notebook {
  readonly cells: readonly { readonly source: readonly string[]; readonly outputs: readonly Output[] }[];
  readonly metadata: { readonly kernelspec: { readonly name: string } };
}

/** Files beside the notebooks, which import and read them. */
const neighbours: Readonly<Record<string, string>> = {
  "notebooks/pictures/count.txt": "count: 12",
  "lib/data.js":
    'Object.defineProperty(exports, "__esModule", { value: true });\nexports.default = { async load() {}, values: () => [1, 2] };\n',
  "lib/data.d.ts":
    "declare const data: { load(): Promise<void>; values(): number[] };\nexport default data;\n",
  "node_modules/charts/package.json": '{ "name": "charts", "main": "main.js", "types": "main.d.ts" }',
  "node_modules/charts/main.js":
    'Object.defineProperty(exports, "__esModule", { value: true });\nexports.default = { plot: (tslab, ...all) => tslab.display.html(`<div>${JSON.stringify(all)}</div>`) };\n',
  "node_modules/charts/main.d.ts":
    "declare const charts: { plot(tslab: typeof import('tslab'), data: object[], layout?: object): void };\nexport default charts;\n",
};

/*
 * The notebooks in test/kernel/tslab do, in cells of our own, what the example notebooks of tslab do (repository
 * yunabe/tslab-examples), and use all of its display functions. They name tslab's kernels, and hold the outputs they must give.
 */
describe("notebooks made for tslab run unchanged", { skip: skipWithoutPython("nbclient") }, () => {
  const folder = temporaryFolder();
  before(() => {
    for (const [path, text] of Object.entries(neighbours)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    writeFileSync(join(folder, "notebooks", "pictures", "small.jpg"), Buffer.from([0xff, 0xd8, 0xff, 0xe0]));
    for (const name of ["tslab", "jslab"]) installKernelspec({ prefix: folder, name });
  });

  for (const name of ["typescript", "javascript", "display"]) {
    test(name, () => {
      const original = join(repositoryRoot, "test", "kernel", "tslab", `${name}.ipynb`);
      const executed = join(folder, `${name}.ipynb`);
      const program =
        "import sys, nbformat; from nbclient import NotebookClient; nb = nbformat.read(sys.argv[1], 4); " +
        "NotebookClient(nb, timeout=120, allow_errors=True).execute(); nbformat.write(nb, sys.argv[2])";
      const run = spawnSync(python, ["-c", program, original, executed], {
        env: jupyterEnvironment(folder),
        encoding: "utf8",
        cwd: join(folder, "notebooks"),
      });
      assert.equal(run.status, 0, run.stderr);
      const expected = read(original);
      for (const [index, { source, outputs }] of read(executed).cells.entries()) {
        assert.deepEqual(outputs.map(essence), expected.cells[index]!.outputs.map(essence), source.join(""));
      }
    });
  }
});

function read(file: string): Notebook {
  return JSON.parse(readFileSync(file, "utf8")) as Notebook;
}

/** What must be equal in two outputs: neither counts nor tracebacks. */
function essence({ output_type: type, evalue, text, data = {} }: Output): object {
  const whole = (value: string | readonly string[] | undefined) =>
    typeof value === "object" ? value.join("") : value;
  const contents = Object.entries(data).map(([mime, content]) => [mime, whole(content)]);
  return { type, evalue, text: whole(text), data: contents };
}
