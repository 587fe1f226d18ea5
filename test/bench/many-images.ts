/** What the benches of widgets share: a notebook in real JupyterLab over many images, and its memory. */
import { copyFileSync, linkSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";

import type { Page } from "playwright-core";

import { launchChromium } from "../browser/chromium.js";
import { startJupyterLab } from "../browser/jupyterlab.js";
import { codeCell, kernelIsIdle, openNotebook, runCell } from "../browser/notebook-page.js";
import { notebookOf } from "../notebook-of.js";
import { repositoryRoot } from "../support.js";

const sample = join(repositoryRoot, "notebooks", "sample_data", "tableware");

/** File systems allow some 65,000 links to a file: the images are links to all of the sample, taken in turn. */
function linkImages(folder: string, count: number): void {
  const labels = readdirSync(sample);
  const originals = labels.flatMap((label) =>
    readdirSync(join(sample, label)).map((name) => [label, name] as const),
  );
  for (const label of labels) mkdirSync(join(folder, "images", label), { recursive: true });
  for (const [label, name] of originals) copyFileSync(join(sample, label, name), join(folder, name));
  for (let i = 0; i < count; i++) {
    const [label, name] = originals[i % originals.length]!;
    linkSync(join(folder, name), join(folder, "images", label, `${String(i).padStart(6, "0")}.jpg`));
  }
}

/**
 * Opens a notebook whose cells find `count` images (hard links to the tableware sample) in the folder "images", and has
 * `measure` look at it.
 */
export async function withManyImages(
  count: number,
  cells: readonly string[],
  measure: (page: Page) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "sightbook-bench-"));
  linkImages(folder, count);
  writeFileSync(join(folder, "bench.ipynb"), notebookOf([...cells, askMemory]));
  const machine = `${cpus().length} x ${cpus()[0]?.model ?? "unknown processor"}`;
  console.log(`Node ${process.version}, ${machine}, load ${loadavg()[0]!.toFixed(1)}, ${count} images`);
  const lab = await startJupyterLab(folder);
  const browser = await launchChromium();
  try {
    const page = await browser.newPage({ viewport: { width: 1300, height: 1300 } });
    await openNotebook(page, lab, "bench.ipynb");
    await measure(page);
  } finally {
    await browser.close();
    await lab.stop();
    rmSync(folder, { recursive: true });
  }
}

const askMemory = "globalThis.gc?.(); Math.round(process.memoryUsage().rss / 2 ** 20)";

async function result(page: Page, cell: number): Promise<string> {
  await kernelIsIdle(page);
  const output = codeCell(page, cell).locator(".jp-OutputArea-executeResult pre");
  return (await output.innerText()).trim();
}

export async function memory(page: Page): Promise<string> {
  const session = await page.context().newCDPSession(page);
  await session.send("HeapProfiler.collectGarbage");
  const { metrics } = await session
    .send("Performance.enable")
    .then(() => session.send("Performance.getMetrics"));
  const heap = metrics.find(({ name }) => name === "JSHeapUsedSize")!.value;
  const last = (await page.locator(".jp-CodeCell").count()) - 1;
  await runCell(page, last);
  return `kernel ${await result(page, last)} MiB resident, page ${Math.round(heap / 2 ** 20)} MiB of JavaScript`;
}

export function report(what: string, times: readonly number[]): void {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number): string =>
    sorted[Math.floor(share * (sorted.length - 1))]!.toFixed(0).padStart(5);
  console.log(
    `${what.padEnd(44)} median ${at(0.5)} ms, 95 % ${at(0.95)} ms, most ${at(1)} ms (${times.length})`,
  );
}
