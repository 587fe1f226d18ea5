import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test, { after, before, describe } from "node:test";
import { pathToFileURL } from "node:url";

import type { Browser, Page } from "playwright-core";

import { installKernelspec } from "../../kernel/index.js";
import { temporaryFolder } from "../support.js";
import { copyTableware, evaluateTableware } from "../widgets/evaluated-tableware.js";
import { launchChromium, patienceMs } from "./chromium.js";
import { jupyterPython, skipWithoutJupyter } from "./jupyterlab.js";

// One cell for each widget and each kind of plot.
const shown = {
  AnnotationUI: "new AnnotationUI(dataset)",
  ResultsUI: "new ResultsUI(dataset, evaluation)",
  PrecisionRecallUI: "new PrecisionRecallUI(evaluation)",
  DatasetOverview: "new DatasetOverview(dataset)",
  "dataset.describe": "dataset.describe()",
  "plots.rocCurve (Plotly)": "plots.rocCurve(evaluation)",
  "plots.labelCounts (Vega-Lite)": "plots.labelCounts(dataset)",
  TrainingMonitor: `await new ImageClassifier({ labels: dataset.labels, weights: "none", imageSize: 32 })
  .fit(dataset, { epochs: 2, batchSize: 16, learningRate: 0.001 });
undefined`,
  "TrainingMonitor of an SvmClassifier": `await new SvmClassifier(
  new ImageClassifier({ labels: dataset.labels, weights: "none", imageSize: 32 }), new LinearSVC()).fit(dataset);
undefined`,
};

/** Runs the notebook as papermill and nbconvert do, and converts it; checks the stored states against ipywidgets' schema. */
const convert = `
import importlib.resources, json, sys
import jsonschema, nbformat
from nbclient import NotebookClient
from nbconvert import HTMLExporter
notebook = nbformat.read("all.ipynb", as_version=4)
NotebookClient(notebook, timeout=None).execute()
nbformat.validate(notebook)
states = notebook.metadata.widgets["application/vnd.jupyter.widget-state+json"]
schema = json.loads(importlib.resources.files("ipywidgets").joinpath("state.schema.json").read_text())
jsonschema.validate(json.loads(json.dumps(states)), schema)
nbformat.write(notebook, "executed.ipynb")
open("all.html", "w", encoding="utf8").write(HTMLExporter().from_notebook_node(notebook)[0])
print(len(states["state"]))
`;

describe("a notebook that a program ran, as HTML", { skip: skipWithoutJupyter }, () => {
  const folder = temporaryFolder();
  let browser: Browser | undefined;
  let page: Page;
  let states = 0;
  before(async () => {
    copyTableware(folder);
    const imports = `import { ImageClassifier, LinearSVC, plots, SvmClassifier } from "sightbook";
import { AnnotationUI, DatasetOverview } from "sightbook/widgets";`;
    const cells = [`${evaluateTableware}${imports}`, ...Object.values(shown)].map((source, i) => ({
      cell_type: "code",
      id: `cell-${i}`,
      execution_count: null,
      metadata: {},
      outputs: [],
      source,
    }));
    const kernelspec = { name: "sightbook", display_name: "TypeScript (Sightbook)", language: "typescript" };
    const notebook = { cells, metadata: { kernelspec }, nbformat: 4, nbformat_minor: 5 };
    writeFileSync(join(folder, "all.ipynb"), JSON.stringify(notebook));
    const home = join(folder, "home");
    mkdirSync(home);
    installKernelspec({ prefix: home });
    const env = { ...process.env, NODE_OPTIONS: "", JUPYTER_PATH: join(home, "share", "jupyter") };
    states = Number(execFileSync(jupyterPython, ["-c", convert], { cwd: folder, env, encoding: "utf8" }));
    browser = await launchChromium();
    const context = await browser.newContext({ offline: true });
    page = await context.newPage();
    page.setDefaultTimeout(patienceMs);
    await page.goto(pathToFileURL(join(folder, "all.html")).href, { waitUntil: "domcontentloaded" });
  });
  after(() => browser?.close());

  test("widget states are stored as ipywidgets' schema wants them", () => {
    assert.equal(states, 6);
  });

  Object.keys(shown).forEach((name, index) => {
    test(`${name} shows a picture or a table without network`, async () => {
      const cell = page.locator(".jp-CodeCell").nth(index + 1);
      await cell.scrollIntoViewIfNeeded();
      const sizes = await cell
        .locator(".jp-OutputArea-output :is(img, svg, table, pre)")
        .evaluateAll((elements) =>
          elements.map((element) => {
            const isBroken = element instanceof HTMLImageElement && element.naturalWidth === 0;
            const { width, height } = element.getBoundingClientRect();
            return isBroken ? 0 : Math.min(width, height);
          }),
        );
      assert.ok(Math.max(0, ...sizes) >= 16, `the output's elements: ${sizes.join(", ")}`);
      assert.equal(sizes.filter((size) => size === 0).length, 0);
    });
  });

  test("outputs are the static ones; errors there are none", () => {
    const { cells } = JSON.parse(readFileSync(join(folder, "executed.ipynb"), "utf8")) as {
      cells: { outputs: { output_type: string; data?: object }[] }[];
    };
    for (const { output_type: type, data = {} } of cells.flatMap(({ outputs }) => outputs)) {
      assert.notEqual(type, "error");
      assert.ok(!("application/vnd.jupyter.widget-view+json" in data));
    }
  });
});
