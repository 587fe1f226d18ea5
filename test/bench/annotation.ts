/**
 * How AnnotationUI does with many images in real JupyterLab: `node dist/test/bench/annotation.js [images]` (default
 * 100,000, hard links to the tableware sample). First page, page turns with and without a pause to look, an edit, and the
 * memory of kernel and browser before and after many pages.
 */
import type { Page } from "playwright-core";

import { runCell } from "../browser/notebook-page.js";
import { memory, report, withManyImages } from "./many-images.js";

const cells = [
  `import { ClassificationDataset } from "sightbook";
import { AnnotationUI } from "sightbook/widgets";
const dataset = await ClassificationDataset.fromDirectory("images");
dataset.size`,
  "new AnnotationUI(dataset)",
];

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

await withManyImages(Number(process.argv[2] ?? 100_000), cells, async (page) => {
  await runCell(page, 0);
  await page.locator(".jp-OutputArea-executeResult").first().waitFor();
  const watching = page.evaluate(async () => {
    let shown: number | undefined;
    for (;;) {
      await new Promise((resolve) => requestAnimationFrame(resolve));
      // The cell ends when its output is there.
      if (document.querySelectorAll(".jp-OutputArea-output").length > 1) shown ??= performance.now();
      const tiles = document.querySelectorAll("[aria-label=Images] [role=option]").length;
      const pictures = [...document.querySelectorAll<HTMLImageElement>("[aria-label=Images] img")];
      if (shown !== undefined && tiles > 0 && pictures.filter(({ complete }) => complete).length === tiles) {
        return performance.now() - shown;
      }
    }
  });
  await runCell(page, 1);
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
});
