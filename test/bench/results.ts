/**
 * How ResultsUI does with many evaluated images in real JupyterLab: `node dist/test/bench/results.js [images]` (default
 * 100,000, hard links to the tableware sample, scores made up). First image, filters, orders, next images, cells of the
 * confusion matrix, and the memory of kernel and browser before and after.
 */
import type { Page } from "playwright-core";

import { runCell } from "../browser/notebook-page.js";
import { memory, report, withManyImages } from "./many-images.js";

const cells = [
  `import { ClassificationDataset, ClassificationEvaluation, Random } from "sightbook";
import { ResultsUI } from "sightbook/widgets";
const dataset = await ClassificationDataset.fromDirectory("images");
const random = new Random(7);
const rows = Array.from(dataset.labelIndices, (truth) => {
  const odds = dataset.labels.map((_, label) => Math.exp(3 * random.uniform() + (label === truth ? 1.5 : 0)));
  const sum = odds.reduce((a, b) => a + b);
  return odds.map((odd) => odd / sum);
});
const evaluation = new ClassificationEvaluation({
  labels: dataset.labels, labelIndices: dataset.labelIndices, ids: dataset.images.map(({ id }) => id), scores: rows.flat() });
evaluation.size`,
  "new ResultsUI(dataset, evaluation)",
];

/** What a person does: a click on a control, or another choice of a drop-down. */
type Act = { readonly click: string } | { readonly select: string; readonly option: string };

/** Does it and gives the milliseconds until other neighbours or another count are there, and the picture among them is drawn. */
async function change(page: Page, act: Act): Promise<number> {
  return page.evaluate(async (what) => {
    const region = document.querySelector("section[aria-label=Results]")!;
    const picture = (): HTMLImageElement | null => region.querySelector(".sightbook-stage img");
    const neighbours = (): string =>
      (/\d+ of \d[\d,]*/.exec(region.textContent)?.[0] ?? "") +
      [...region.querySelectorAll(".sightbook-strip button")]
        .map((each) => `${each.getAttribute("aria-label")} ${each.getAttribute("aria-current")}`)
        .join();
    const before = neighbours();
    const start = performance.now();
    if ("click" in what) region.querySelector<HTMLElement>(what.click)!.click();
    else {
      const field = region.querySelector<HTMLSelectElement>(what.select)!;
      field.value = [...field.options].find(({ text }) => text.startsWith(what.option))!.value;
      field.dispatchEvent(new Event("change", { bubbles: true }));
    }
    for (;;) {
      await new Promise((resolve) => requestAnimationFrame(resolve));
      const image = picture();
      const now = neighbours();
      const isDrawn = image !== null && image.complete && image.naturalWidth > 0;
      if (isDrawn && now !== before && new RegExp(`${image.alt}, \\w+ true`).test(now))
        return performance.now() - start;
    }
  }, act);
}

await withManyImages(Number(process.argv[2] ?? 100_000), cells, async (page) => {
  await runCell(page, 0);
  await page.locator(".jp-OutputArea-executeResult").first().waitFor();
  const watching = page.evaluate(async () => {
    let shown: number | undefined;
    for (;;) {
      await new Promise((resolve) => requestAnimationFrame(resolve));
      if (document.querySelectorAll(".jp-OutputArea-output").length > 1) shown ??= performance.now();
      const image = document.querySelector<HTMLImageElement>("[aria-label=Results] .sightbook-stage img");
      if (shown !== undefined && image !== null && image.naturalWidth > 0) return performance.now() - shown;
    }
  });
  await runCell(page, 1);
  console.log(`first image after the cell's end ${(await watching).toFixed(0)} ms`);
  await page.waitForTimeout(2000);
  console.log(`at the first image: ${await memory(page)}`);
  const region = page.getByRole("region", { name: "Results" });
  const times: number[] = [];
  for (let i = 0; i < 30; i++) times.push(await change(page, { click: '[aria-label="Next image"]' }));
  report("next image", times.splice(0));
  const wrong = region.getByRole("checkbox", { name: "Right", exact: true });
  await wrong.evaluate((box) => {
    box.setAttribute("data-bench", "");
  });
  for (let i = 0; i < 10; i++) times.push(await change(page, { click: "[data-bench]" }));
  report("a filter", times.splice(0));
  const sort = region.getByLabel("Sort", { exact: true });
  await sort.evaluate((field) => {
    field.setAttribute("data-bench-sort", "");
  });
  const orders = await sort.locator("option").allTextContents();
  for (const turn of ["the first time", "again"]) {
    for (const option of [...orders.slice(1), orders[0]!]) {
      times.push(await change(page, { select: "[data-bench-sort]", option }));
    }
    report(`another order, ${turn}`, times.splice(0));
  }
  for (let i = 0; i < 200; i++) await change(page, { click: '[aria-label="Next image"]' });
  console.log(`after 270 images: ${await memory(page)}`);
});
