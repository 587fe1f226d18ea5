import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test, { after, before, describe } from "node:test";
import { pathToFileURL } from "node:url";

import type { Browser, BrowserContext, Page } from "playwright-core";

import { installKernelspec } from "../../kernel/index.js";
import { notebookOf } from "../notebook-of.js";
import { repositoryRoot, temporaryFolder } from "../support.js";
import { copyTableware, evaluateTableware } from "../widgets/evaluated-tableware.js";
import { launchChromium, patienceMs } from "./chromium.js";
import { jupyterPython, skipWithoutJupyter } from "./jupyterlab.js";

const require = createRequire(import.meta.url);
const { version } = require("../../../package.json") as { version: string };

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
# What JupyterLab saves: views of the stored states.
view = lambda id: {"version_major": 2, "version_minor": 0, "model_id": id}
views = [{"application/vnd.jupyter.widget-view+json": view(id)} for id in states["state"]]
notebook.cells = [nbformat.v4.new_code_cell(outputs=[nbformat.v4.new_output("display_data", data=data)]) for data in views]
open("live.html", "w", encoding="utf8").write(HTMLExporter().from_notebook_node(notebook)[0])
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
    const cells = [`${evaluateTableware}${imports}`, ...Object.values(shown)];
    writeFileSync(join(folder, "all.ipynb"), notebookOf(cells));
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

  test("with network, the widgets themselves are drawn as they were, by the module that the loader fetches", async () => {
    const context = await browser!.newContext({ viewport: { width: 1000, height: 900 } });
    const live = await context.newPage();
    live.setDefaultTimeout(patienceMs);
    const errors: Error[] = [];
    live.on("pageerror", (error) => errors.push(error));
    // The addresses of the web, answered from here, so that they are the ones that are asked for.
    const fetched = await answerFromHere(context);
    await live.goto(pathToFileURL(join(folder, "live.html")).href, { waitUntil: "domcontentloaded" });
    const ended = "The kernel of this widget has ended.";
    for (const [name, content] of Object.entries({
      Annotation: "bowl-01.jpg",
      Results: "Most confident mistakes first",
      "Precision and recall": "micro average",
      Dataset: "63 images, 4 labels",
    })) {
      const region = live.getByRole("region", { name, exact: true });
      await region.getByText(ended).waitFor();
      await region.getByText(content).first().waitFor({ state: "attached" });
    }
    await live.getByText("Pictures come from the kernel.").waitFor();
    const trainings = live.getByRole("region", { name: "Training", exact: true });
    await trainings.nth(0).getByText("Finished after 2 epochs").waitFor();
    await trainings.nth(1).getByText("Trained on 512 features").waitFor();
    await live.locator(".xtick").first().waitFor();
    assert.ok(
      fetched.has(`https://cdn.jsdelivr.net/npm/sightbook@^${version}/dist/index.js`),
      [...fetched].join("\n"),
    );
    assert.deepEqual(errors, []);
    await context.close();
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

/** Answers what an HTML page asks of the web with the packages of this checkout, and nothing else; the addresses it gave. */
async function answerFromHere(context: BrowserContext): Promise<ReadonlySet<string>> {
  const files: readonly (readonly [address: RegExp, path: string])[] = [
    [/\/require(\.min)?\.js$/, require.resolve("requirejs/require.js")],
    [
      /\/@jupyter-widgets\/html-manager@.*embed-amd\.js$/,
      require.resolve("@jupyter-widgets/html-manager/dist/embed-amd.js"),
    ],
    [/\/npm\/sightbook@.*\.js$/, join(repositoryRoot, "dist", "index.js")],
  ];
  const answered = new Set<string>();
  await context.route(/^https?:/, async (route) => {
    const address = route.request().url();
    const file = files.find(([pattern]) => pattern.test(address));
    if (file === undefined) return route.abort();
    answered.add(decodeURIComponent(address));
    return route.fulfill({ path: file[1], contentType: "text/javascript" });
  });
  return answered;
}
