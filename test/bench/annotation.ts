/**
 * How AnnotationUI does with many images in real JupyterLab: `node dist/test/bench/annotation.js [images]` (default
 * 100,000, hard links to the tableware sample). First page, page turns with and without a pause to look, an edit, and the
 * memory of kernel and browser before and after many pages.
 */
import { copyFileSync, linkSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";

import type { Page } from "playwright-core";

import { launchChromium, patienceMs } from "../browser/chromium.js";
import { startJupyterLab } from "../browser/jupyterlab.js";
import { repositoryRoot } from "../support.js";

const count = Number(process.argv[2] ?? 100_000);
const folder = mkdtempSync(join(tmpdir(), "sightbook-bench-"));
const sample = join(repositoryRoot, "notebooks", "sample_data", "tableware");

/** File systems allow some 65,000 links to a file: the images are links to all of the sample, taken in turn. */
function linkImages(): void {
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

const cells = [
  `import { ClassificationDataset } from "sightbook";
import { AnnotationUI } from "sightbook/widgets";
const dataset = await ClassificationDataset.fromDirectory("images");
dataset.size`,
  "new AnnotationUI(dataset)",
  "globalThis.gc?.(); Math.round(process.memoryUsage().rss / 2 ** 20)",
];

function writeNotebook(): void {
  const kernelspec = { name: "sightbook", display_name: "TypeScript (Sightbook)", language: "typescript" };
  const code = cells.map((source, i) => ({
    cell_type: "code",
    id: `cell-${i}`,
    execution_count: null,
    metadata: {},
    outputs: [],
    source,
  }));
  const content = { cells: code, metadata: { kernelspec }, nbformat: 4, nbformat_minor: 5 };
  writeFileSync(join(folder, "bench.ipynb"), JSON.stringify(content));
}

/** Does something in the page and gives the milliseconds until every image of another page is drawn. */
async function turn(
  page: Page,
  what: { readonly button: string } | { readonly page: number },
): Promise<number> {
  return page.evaluate(async (act) => {
    const region = document.querySelector("section[aria-label=Annotation]")!;
    const first = (): string | null | undefined =>
      region.querySelector("[role=option]")?.getAttribute("aria-label");
    const before = first();
    const start = performance.now();
    if ("button" in act) region.querySelector<HTMLElement>(`button[aria-label="${act.button}"]`)!.click();
    else {
      const field = region.querySelector<HTMLInputElement>("input[type=number]")!;
      field.value = String(act.page);
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
    for (;;) {
      await new Promise((resolve) => requestAnimationFrame(resolve));
      const tiles = region.querySelectorAll("[role=option]").length;
      const pictures = [...region.querySelectorAll<HTMLImageElement>("[role=option] img")];
      const drawn = pictures.filter((picture) => picture.complete && picture.naturalWidth > 0).length;
      if (first() !== before && tiles > 0 && drawn === tiles) return performance.now() - start;
    }
  }, what);
}

async function run(page: Page, cell: number): Promise<void> {
  await page.locator(".jp-CodeCell .cm-content").nth(cell).click();
  await page.keyboard.press("Control+Enter");
}

async function result(page: Page, cell: number): Promise<string> {
  await page.getByText("TypeScript (Sightbook) | Idle").waitFor();
  const output = page.locator(".jp-CodeCell").nth(cell).locator(".jp-OutputArea-executeResult pre");
  return (await output.innerText()).trim();
}

async function memory(page: Page): Promise<string> {
  const session = await page.context().newCDPSession(page);
  await session.send("HeapProfiler.collectGarbage");
  const { metrics } = await session
    .send("Performance.enable")
    .then(() => session.send("Performance.getMetrics"));
  const heap = metrics.find(({ name }) => name === "JSHeapUsedSize")!.value;
  await run(page, 2);
  return `kernel ${await result(page, 2)} MiB resident, page ${Math.round(heap / 2 ** 20)} MiB of JavaScript`;
}

function report(what: string, times: readonly number[]): void {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number): string =>
    sorted[Math.floor(share * (sorted.length - 1))]!.toFixed(0).padStart(5);
  console.log(
    `${what.padEnd(44)} median ${at(0.5)} ms, 95 % ${at(0.95)} ms, most ${at(1)} ms (${times.length})`,
  );
}

linkImages();
writeNotebook();
console.log(
  `Node ${process.version}, ${cpus().length} x ${cpus()[0]?.model ?? "unknown processor"}, ${count} images`,
);
const lab = await startJupyterLab(folder);
const browser = await launchChromium();
try {
  const page = await browser.newPage({ viewport: { width: 1300, height: 1300 } });
  page.setDefaultTimeout(patienceMs);
  await page.goto(lab.notebookUrl("bench.ipynb"), { timeout: patienceMs });
  await page.getByText("TypeScript (Sightbook) | Idle").waitFor();
  await run(page, 0);
  await page.locator(".jp-OutputArea-executeResult").first().waitFor();
  const watching = page.evaluate(async () => {
    let shown: number | undefined;
    for (;;) {
      await new Promise((resolve) => requestAnimationFrame(resolve));
      // The cell ends when its output is there.
      if (document.querySelectorAll(".jp-OutputArea-executeResult").length > 1) shown ??= performance.now();
      const tiles = document.querySelectorAll("[aria-label=Images] [role=option]").length;
      const pictures = [...document.querySelectorAll<HTMLImageElement>("[aria-label=Images] img")];
      if (shown !== undefined && tiles > 0 && pictures.filter(({ complete }) => complete).length === tiles) {
        return performance.now() - shown;
      }
    }
  });
  await run(page, 1);
  console.log(`first page, all pictures, after the cell's end ${(await watching).toFixed(0)} ms`);
  await page.waitForTimeout(2000);
  console.log(`at the first page: ${await memory(page)}`);
  const times: number[] = [];
  for (let i = 0; i < 20; i++) {
    times.push(await turn(page, { button: "Next page" }));
    await page.waitForTimeout(600); // a look, while the next page is made
  }
  report("next page after a look of 0.6 s", times.splice(0));
  for (let i = 0; i < 20; i++) times.push(await turn(page, { button: "Previous page" }));
  report("back to pages seen before", times.splice(0));
  for (let i = 0; i < 30; i++) times.push(await turn(page, { page: 100 + 97 * i }));
  report("jump to a page never seen", times.splice(0));
  for (let i = 0; i < 200; i++) await turn(page, { button: "Next page" });
  console.log(`after 270 pages: ${await memory(page)}`);
  for (let i = 0; i < 10; i++) {
    const tile = page.getByRole("listbox", { name: "Images" }).getByRole("option").nth(i);
    await tile.click();
    times.push(
      await tile.evaluate(
        async (element, key) => {
          const before = element.getAttribute("aria-label");
          const start = performance.now();
          element.dispatchEvent(new KeyboardEvent("keydown", { key, code: `Digit${key}`, bubbles: true }));
          while (element.getAttribute("aria-label") === before) {
            await new Promise((resolve) => requestAnimationFrame(resolve));
          }
          return performance.now() - start;
        },
        (await tile.getAttribute("aria-label"))!.endsWith("bowl") ? "2" : "1",
      ),
    );
  }
  report("an edit, until it shows", times);
} finally {
  await browser.close();
  await lab.stop();
  rmSync(folder, { recursive: true });
}
