/**
 * Makes the pictures of README and docs: runs two of the notebooks in real JupyterLab, in a copy of their folder, and
 * photographs each widget, or those that are named: `npm run quickstart && node dist/test/browser/pictures.js [names]`.
 */
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Locator } from "playwright-core";
import sharp from "sharp";

import { repositoryRoot } from "../support.js";
import { launchChromium } from "./chromium.js";
import { startJupyterLab } from "./jupyterlab.js";
import { kernelIsIdle, openNotebook } from "./notebook-page.js";

const names = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), "sightbook-pictures-"));
// What the notebook deploys is its own.
process.env["SIGHTBOOK_DATA"] = join(folder, "data");
for (const name of ["01-tableware.ipynb", "05-deploy.ipynb", "sample_data"]) {
  cpSync(join(repositoryRoot, "notebooks", name), join(folder, name), { recursive: true });
}
const lab = await startJupyterLab(folder);
const browser = await launchChromium();
// High enough that a widget is seen whole, without the bars of the page on it.
const page = await browser.newPage({ viewport: { width: 1120, height: 1500 }, deviceScaleFactor: 1.5 });
const news = page.getByRole("button", { name: "No", exact: true });
await page.addLocatorHandler(news, () => news.click());

await runAll("01-tableware.ipynb");
await photograph("overview", "Dataset", async (region) => {
  await region.getByText(/more than once|twice/).waitFor();
});
await photograph("annotation", "Annotation", async (region) => {
  await region.getByRole("listbox", { name: "Images" }).getByRole("option").nth(3).click();
});
await photograph("training", "Training");
await kernelIsIdle(page);
await photograph("results", "Results");
await photograph("precision-recall", "Precision and recall");

// The README begins with the notebook as a person sees it.
if (names.length === 0 || names.includes("notebook")) {
  await page.setViewportSize({ width: 1120, height: 900 });
  await intoView(page.getByRole("region", { name: "Annotation" }));
  await save("notebook", await page.screenshot());
}

await runAll("05-deploy.ipynb");
await photograph("load-test", "Load test");
await kernelIsIdle(page);
await browser.close();
await lab.stop();
rmSync(folder, { recursive: true });

/** Opens a notebook and runs its cells. */
async function runAll(notebook: string): Promise<void> {
  await openNotebook(page, lab, notebook);
  // The file browser leaves room for the notebook.
  if (await page.locator("#filebrowser").isVisible()) await page.keyboard.press("ControlOrMeta+b");
  await page.getByRole("menuitem", { name: "Run", exact: true }).click();
  await page.getByRole("menuitem", { name: "Run All Cells", exact: true }).click();
}

/** Scrolls as a person would: JupyterLab draws only the cells near the view. */
async function intoView(region: Locator): Promise<void> {
  const panel = page.locator(".jp-WindowedPanel-outer");
  await panel.evaluate((element) => {
    element.scrollTo(0, 0);
  });
  await page.locator(".jp-Notebook").hover();
  for (let turn = 0; turn < 400; turn++) {
    const place = await region.boundingBox({ timeout: 100 }).catch(() => null);
    if (place !== null && place.y > 0 && place.y < 320) break;
    await page.mouse.wheel(0, place === null ? 300 : place.y - 220);
    await page.waitForTimeout(150);
  }
}

async function photograph(
  file: string,
  name: string,
  act: (region: Locator) => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  if (names.length > 0 && !names.includes(file)) return;
  const region = page.getByRole("region", { name, exact: true });
  await intoView(region);
  await act(region);
  await page.waitForTimeout(3000); // pictures arrive and plots are drawn
  await save(file, await region.screenshot());
}

async function save(file: string, picture: Buffer): Promise<void> {
  await sharp(picture)
    .png({ palette: true, quality: 90 })
    .toFile(join(repositoryRoot, "docs", "images", `${file}.png`));
}
