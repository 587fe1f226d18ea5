/** DatasetOverview as a person meets it: in real JupyterLab. */
import assert from "node:assert/strict";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test, { after, before, describe } from "node:test";

import type { Browser, Page } from "playwright-core";

import { notebookOf } from "../notebook-of.js";
import { temporaryFolder } from "../support.js";
import { copyTableware } from "../widgets/evaluated-tableware.js";
import { launchChromium } from "./chromium.js";
import { skipWithoutJupyter, startJupyterLab, type RunningLab } from "./jupyterlab.js";
import { openNotebook, runCell } from "./notebook-page.js";

const cells = [
  `import { ClassificationDataset } from "sightbook";
import { DatasetOverview } from "sightbook/widgets";
const dataset = await ClassificationDataset.fromDirectory("tableware");
new DatasetOverview(dataset)`,
  `await dataset.setLabels("bowl/copy.jpg", ["cup"]);`,
];

describe("DatasetOverview in JupyterLab", { skip: skipWithoutJupyter }, () => {
  const folder = temporaryFolder();
  let browser: Browser | undefined;
  let lab: RunningLab | undefined;
  let page: Page;
  before(async () => {
    copyTableware(folder);
    const tableware = join(folder, "tableware");
    copyFileSync(join(tableware, "cup", "cup-01.jpg"), join(tableware, "bowl", "copy.jpg"));
    writeFileSync(join(folder, "overview.ipynb"), notebookOf(cells));
    lab = await startJupyterLab(folder, { drawsAllCells: true });
    browser = await launchChromium();
    page = await browser.newPage({ viewport: { width: 1200, height: 1800 } });
    await openNotebook(page, lab, "overview.ipynb");
  });
  after(async () => {
    await browser?.close();
    await lab?.stop();
  });

  test("counts, a label's own images, duplicates and their conflict; edits and the saved notebook follow", async () => {
    await runCell(page, 0);
    const region = page.getByRole("region", { name: "Dataset" });
    await region.getByText("64 images, 4 labels").waitFor();
    await region.getByText("Equal files, with different labels").waitFor();
    const picture = region.getByRole("img", { name: "copy.jpg", exact: false }).first();
    await picture.waitFor();
    await page.waitForFunction(() =>
      [...document.querySelectorAll<HTMLImageElement>(".sightbook-widget img")].some(
        ({ naturalWidth }) => naturalWidth > 0,
      ),
    );

    const bowl = region.getByRole("button", { name: "bowl 6 images" });
    await bowl.click();
    await region.locator('[aria-pressed="true"]', { hasText: "bowl" }).waitFor();
    await region.getByRole("img", { name: /^cup-05/ }).waitFor({ state: "detached" });
    await bowl.click();

    await runCell(page, 1);
    await region.getByRole("button", { name: "cup 20 images" }).waitFor();
    const saved = (): string => readFileSync(join(folder, "overview.ipynb"), "utf8");
    for (let turn = 0; turn < 300 && !/cup +20/.test(saved()); turn++) {
      await page.keyboard.press("ControlOrMeta+s");
      await page.waitForTimeout(300);
    }
    assert.match(saved(), /there more than once/);
  });
});
