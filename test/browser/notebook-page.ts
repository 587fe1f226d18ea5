import type { Locator, Page } from "playwright-core";

import { patienceMs } from "./chromium.js";
import type { RunningLab } from "./jupyterlab.js";

/** Opens a notebook of JupyterLab and waits for its kernel. */
export async function openNotebook(page: Page, lab: RunningLab, file: string): Promise<void> {
  page.setDefaultTimeout(patienceMs);
  await page.goto(lab.notebookUrl(file), { timeout: patienceMs });
  await kernelIsIdle(page);
}

/** Waits until JupyterLab says that our kernel is idle. */
export async function kernelIsIdle(page: Page): Promise<void> {
  await page.getByText("TypeScript (Sightbook) | Idle").waitFor();
}

/** A cell of code by its place. */
export function codeCell(page: Page, index: number): Locator {
  return page.locator(".jp-CodeCell").nth(index);
}

/** Runs a cell by hand, without waiting for its end. */
export async function runCell(page: Page, index: number): Promise<Locator> {
  const cell = codeCell(page, index);
  await cell.locator(".cm-content").click();
  await page.keyboard.press("Control+Enter");
  return cell;
}
