/**
 * Makes the pictures of the README from the executed tableware notebook in real JupyterLab:
 * `npm run quickstart && node dist/test/browser/pictures.js`.
 */
import { join } from "node:path";

import sharp from "sharp";

import { repositoryRoot } from "../support.js";
import { launchChromium, patienceMs } from "./chromium.js";
import { startJupyterLab } from "./jupyterlab.js";

const lab = await startJupyterLab(join(repositoryRoot, "notebooks"));
const browser = await launchChromium();
const page = await browser.newPage({ viewport: { width: 1120, height: 760 }, deviceScaleFactor: 1.5 });
page.setDefaultTimeout(patienceMs);
await page.goto(lab.notebookUrl("01-tableware.executed.ipynb"), { timeout: patienceMs });
await page.getByText("TypeScript (Sightbook) | Idle").waitFor();
await page.getByText("Would you like to get notified").waitFor();
await page.getByRole("button", { name: "No", exact: true }).click();
// The file browser leaves room for the notebook.
await page.keyboard.press("ControlOrMeta+b");
// JupyterLab draws only the cells in view: scroll as a person would until the evaluation is at the top.
const heading = page.locator(".jp-Notebook h2", { hasText: "How good is it?" });
await page.locator(".jp-Notebook").hover();
for (let turn = 0; turn < 100; turn++) {
  const place = await heading.boundingBox();
  if (place !== null && place.y < 180) break;
  await page.mouse.wheel(0, 120);
  await page.waitForTimeout(100);
}
await page.waitForTimeout(2000);
const picture = await page.screenshot();
await sharp(picture)
  .png({ palette: true, quality: 90 })
  .toFile(join(repositoryRoot, "docs", "images", "notebook.png"));
await browser.close();
await lab.stop();
