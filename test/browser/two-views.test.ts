/** Two views of one widget in JupyterLab, in two tabs and twice in one notebook: what is done in one shows in the other. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import test, { after, before, describe } from "node:test";

import type { Browser, Page } from "playwright-core";

import { notebookOf } from "../notebook-of.js";
import { temporaryFolder } from "../support.js";
import { copyTableware } from "../widgets/evaluated-tableware.js";
import { launchChromium } from "./chromium.js";
import { skipWithoutJupyter, startJupyterLab, type RunningLab } from "./jupyterlab.js";
import { codeCell, openNotebook, runCell } from "./notebook-page.js";

const cells = [
  `import { ClassificationDataset } from "sightbook";
import { DatasetOverview, TrainingMonitor } from "sightbook/widgets";
const dataset = await ClassificationDataset.fromDirectory("tableware");
const overview = new DatasetOverview(dataset);
await overview.findDuplicates();
overview`,
  `const monitor = new TrainingMonitor();
const stop = () => monitor.end({ outcome: "stopped", message: "Stopped by a person.", keptEpoch: 0 });
monitor.start({ title: "A training", epochs: 3, stop });`,
  `await dataset.exclude("bowl/bowl-01.jpg");
monitor.stage("Training epoch 1 of 3");`,
];

describe("two views of one widget in JupyterLab", { skip: skipWithoutJupyter }, () => {
  const folder = temporaryFolder();
  let browser: Browser | undefined;
  let lab: RunningLab | undefined;
  let page: Page;
  let other: Page;
  before(async () => {
    copyTableware(folder);
    writeFileSync(join(folder, "two.ipynb"), notebookOf(cells));
    lab = await startJupyterLab(folder, { drawsAllCells: true });
    browser = await launchChromium();
    const visit = async (): Promise<Page> => {
      const visited = await browser!.newPage({ viewport: { width: 1200, height: 1500 } });
      await openNotebook(visited, lab!, "two.ipynb");
      return visited;
    };
    page = await visit();
    for (const index of [0, 1]) await runCell(page, index);
    await page.getByRole("region", { name: "Dataset", exact: true }).waitFor();
    await page.getByRole("button", { name: "Stop", exact: true }).waitFor();
    await page.keyboard.press("Control+s");
    await page.locator(".jp-mod-dirty").waitFor({ state: "detached" });
    // The same overview once more below the notebook.
    await codeCell(page, 0).locator(".jp-InputPrompt").click();
    await codeCell(page, 0).locator(".jp-InputPrompt").click({ button: "right" });
    await page.getByRole("menuitem", { name: "Create New View for Cell Output" }).click();
    other = await visit();
  });
  after(async () => {
    await browser?.close();
    await lab?.stop();
  });

  const views = (): readonly { readonly name: string; readonly at: ReturnType<Page["locator"]> }[] => {
    const overviews = page.getByRole("region", { name: "Dataset", exact: true });
    return [
      { name: "first", at: overviews.nth(0) },
      { name: "second view", at: overviews.nth(1) },
      { name: "other tab", at: other.getByRole("region", { name: "Dataset", exact: true }) },
    ];
  };

  test("overview: the label chosen in one is chosen in all, and edits reach all", async () => {
    for (const [index, label] of ["cup", "bowl", "plate"].entries()) {
      const images = new RegExp(`^${label} \\d+ images$`);
      await views()[index]!.at.getByRole("button", { name: images }).click();
      for (const { name, at } of views()) {
        await at.getByText(`Images of ${label}`, { exact: true }).waitFor();
        const pressed = await at.locator('button[aria-pressed="true"]').allInnerTexts();
        assert.equal(pressed.length, 1, name);
        assert.ok(pressed[0]!.startsWith(label), name);
        await at.locator("img").first().waitFor();
      }
    }
    await runCell(page, 2);
    for (const { at } of views()) await at.getByRole("button", { name: "bowl 4 images" }).waitFor();
  });

  test("monitor: progress shows in both tabs, and a press of Stop in one ends both", async () => {
    const both = [page, other].map((tab) => tab.getByRole("region", { name: "Training", exact: true }));
    for (const region of both) await region.getByText("Training epoch 1 of 3").waitFor();
    await both[1]!.getByRole("button", { name: "Stop" }).click();
    for (const region of both) {
      await region.getByRole("status").filter({ hasText: "Stopped by a person." }).waitFor();
      assert.equal(await region.getByRole("button", { name: "Stop" }).count(), 0);
    }
  });
});
