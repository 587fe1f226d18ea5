/** Every widget in JupyterLab when its kernel is gone: shut down under a live view, and from what a notebook's file keeps. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test, { after, before, describe } from "node:test";

import type { Browser, Page } from "playwright-core";

import { notebookOf } from "../notebook-of.js";
import { temporaryFolder } from "../support.js";
import { copyTableware, evaluateTableware } from "../widgets/evaluated-tableware.js";
import { launchChromium, patienceMs } from "./chromium.js";
import { skipWithoutJupyter, startJupyterLab, type RunningLab } from "./jupyterlab.js";
import { codeCell, kernelIsIdle, openNotebook, runCell } from "./notebook-page.js";

/** Each widget by the name of its region. */
const cells = {
  Annotation: `${evaluateTableware}
import { AnnotationUI, DatasetOverview, TrainingMonitor } from "sightbook/widgets";
new AnnotationUI(dataset)`,
  Results: "new ResultsUI(dataset, evaluation)",
  "Precision and recall": "new PrecisionRecallUI(evaluation)",
  Dataset: "const overview = new DatasetOverview(dataset);\nawait overview.findDuplicates();\noverview",
  Training: `const monitor = new TrainingMonitor();
monitor.start({ title: "A training", epochs: 3, stop() {} });
monitor.stage("Training epoch 1 of 3");`,
};
const names = Object.keys(cells);

describe("the widgets in JupyterLab without their kernel", { skip: skipWithoutJupyter }, () => {
  const folder = temporaryFolder();
  let browser: Browser | undefined;
  let lab: RunningLab | undefined;
  let page: Page;
  before(async () => {
    copyTableware(folder);
    writeFileSync(join(folder, "all.ipynb"), notebookOf(Object.values(cells)));
    lab = await startJupyterLab(folder, { drawsAllCells: true, savesWidgetState: true });
    browser = await launchChromium();
    page = await browser.newPage({ viewport: { width: 1200, height: 1500 } });
    await openNotebook(page, lab, "all.ipynb");
    for (const [index, name] of names.entries()) {
      await runCell(page, index);
      await page.getByRole("region", { name, exact: true }).waitFor();
    }
    await codeCell(page, 0).locator(".sightbook-images img").first().waitFor();
  });
  after(async () => {
    await browser?.close();
    await lab?.stop();
  });

  test("shut down under their views: each says so, and keeps the pictures that it has", async () => {
    // The notebook keeps the widgets' states, as people choose by "Save Widget State Automatically".
    const states = (): object => {
      const { metadata } = JSON.parse(readFileSync(join(folder, "all.ipynb"), "utf8")) as {
        metadata: { widgets?: Record<string, { state: object }> };
      };
      return metadata.widgets?.["application/vnd.jupyter.widget-state+json"]?.state ?? {};
    };
    await page.keyboard.press("Control+s");
    await page.locator(".jp-mod-dirty").waitFor({ state: "detached" });
    assert.equal(Object.keys(states()).length, names.length);

    await lab!.endKernels();
    for (const name of names) {
      const region = page.getByRole("region", { name, exact: true });
      await region.getByText("The kernel of this widget has ended.").waitFor();
      assert.deepEqual(await region.locator(":is(button, input, select):enabled").count(), 0, name);
    }
    assert.ok((await codeCell(page, 0).locator(".sightbook-images img").count()) > 0);
  });

  test("opened again: what needs pictures shows its static form, the others what the file keeps of them", async () => {
    await page.reload({ timeout: patienceMs });
    await kernelIsIdle(page);
    const note = "As saved. Run the cell to use it.";
    for (const name of ["Annotation", "Results", "Dataset"]) {
      const cell = codeCell(page, names.indexOf(name));
      await cell.getByText(note).waitFor();
      assert.equal(await cell.getByRole("region", { name, exact: true }).count(), 0, name);
    }
    const picture = codeCell(page, 0).locator(".sightbook-still img").first();
    assert.ok(await picture.evaluate((image) => (image as HTMLImageElement).naturalWidth > 0));
    const still = codeCell(page, names.indexOf("Dataset")).locator(".sightbook-still");
    await still.getByText("No picture is there twice.").waitFor();
    for (const name of ["Precision and recall", "Training"]) {
      const cell = codeCell(page, names.indexOf(name));
      const region = cell.getByRole("region", { name, exact: true });
      await region.getByText("The kernel of this widget has ended.").waitFor();
      assert.equal(await cell.getByText(note).count(), 0, name);
    }
    await runCell(page, 0);
    await codeCell(page, 0).getByRole("region", { name: "Annotation" }).locator("img").first().waitFor();
    assert.equal(await codeCell(page, 0).getByText(note).count(), 0);
  });
});
