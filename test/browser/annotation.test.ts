/** AnnotationUI as a person meets it: in real JupyterLab, with a kernel that is busy, interrupted, restarted or gone. */
import assert from "node:assert/strict";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test, { after, before, describe } from "node:test";

import type { Browser, Locator, Page } from "playwright-core";

import { notebookOf } from "../notebook-of.js";
import { temporaryFolder } from "../support.js";
import { copyTableware } from "../widgets/evaluated-tableware.js";
import { launchChromium, patienceMs } from "./chromium.js";
import { skipWithoutJupyter, startJupyterLab, type RunningLab } from "./jupyterlab.js";
import { kernelIsIdle, openNotebook, runCell } from "./notebook-page.js";

const open = `import { ClassificationDataset } from "sightbook";
import { AnnotationUI } from "sightbook/widgets";
const dataset = await ClassificationDataset.fromDirectory("tableware");
new AnnotationUI(dataset)`;

const look = `const cup12 = dataset.entry("cup/cup-12.jpg");
"kernel: " + [cup12?.labels, cup12?.excluded, dataset.size].join(" ")`;

describe("AnnotationUI in JupyterLab", { skip: skipWithoutJupyter }, () => {
  const folder = temporaryFolder();
  let browser: Browser | undefined;
  let lab: RunningLab | undefined;

  before(async () => {
    lab = await startJupyterLab(folder);
    browser = await launchChromium();
  });
  after(async () => {
    await browser?.close();
    await lab?.stop();
  });

  /** A notebook of its own on a fresh copy of the sample, its first cell run. */
  async function annotate(name: string, ...more: readonly string[]): Promise<Page> {
    rmSync(join(folder, "tableware"), { recursive: true, force: true });
    copyTableware(folder);
    writeFileSync(join(folder, `${name}.ipynb`), notebookOf([open, ...more]));
    const page = await visit(name);
    await runCell(page, 0);
    await images(page).getByRole("option").first().waitFor();
    return page;
  }

  async function visit(name: string): Promise<Page> {
    const page = await browser!.newPage({ viewport: { width: 1200, height: 1300 } });
    await openNotebook(page, lab!, `${name}.ipynb`);
    return page;
  }

  const region = (page: Page): Locator => page.getByRole("region", { name: "Annotation" });
  const images = (page: Page): Locator => region(page).getByRole("listbox", { name: "Images" });
  const image = (page: Page, name: string): Locator =>
    images(page).getByRole("option", { name, exact: true });
  const search = async (page: Page, text: string): Promise<void> => {
    await region(page).getByRole("searchbox", { name: "Search" }).fill(text);
  };
  const says = async (page: Page, sentence: string): Promise<void> => {
    await region(page).getByRole("status").filter({ hasText: sentence }).waitFor();
  };
  /** What the kernel says of cup-12 when it is asked by the notebook's second cell. */
  const inKernel = async (page: Page): Promise<string> => {
    await runCell(page, 1);
    const text = page.locator(".jp-CodeCell").nth(1).locator(".jp-OutputArea-executeResult");
    await kernelIsIdle(page);
    return (await text.innerText())
      .trim()
      .replaceAll("'", "")
      .replace(/^\[\d+\]:\s*/, "");
  };
  const onDisk = (): Record<string, unknown> =>
    (
      JSON.parse(readFileSync(join(folder, "tableware", "sightbook.labels.json"), "utf8")) as {
        edits: Record<string, unknown>;
      }
    ).edits;

  test("labels by key and mouse reach the kernel and the disk, and keys do not reach the notebook", async () => {
    const page = await annotate("edit", look);
    await search(page, "cup-1");
    await image(page, "cup-12.jpg, cup").click();
    await page.keyboard.press("1");
    await image(page, "cup-12.jpg, bowl").waitFor();
    await says(page, "cup-12.jpg is now bowl. Undo: Ctrl+Z");
    assert.equal(await inKernel(page), "kernel: bowl false 63");
    assert.deepEqual(onDisk(), { "cup/cup-12.jpg": { labels: ["bowl"] } });
    await region(page).getByRole("button", { name: "bowl 6" }).waitFor();
    await image(page, "cup-12.jpg, bowl").click();
    const cells = await page.locator(".jp-CodeCell").count();
    // In a notebook's command mode these would delete, insert, change and run cells.
    for (const key of ["d", "d", "x", "m", "y", "z", "Control+Enter", "Escape", "Shift+Enter"]) {
      await page.keyboard.press(key);
    }
    assert.equal(await page.locator(".jp-CodeCell").count(), cells);
    await page.keyboard.press("Control+z");
    await image(page, "cup-12.jpg, cup").waitFor();
    await page.keyboard.press("Control+Shift+z");
    await image(page, "cup-12.jpg, bowl").waitFor();
    await page.keyboard.press("Delete");
    await says(page, "cup-12.jpg is now excluded. Undo: Ctrl+Z");
    assert.equal(await inKernel(page), "kernel: bowl true 62");
    await page.close();
  });

  test("a reloaded page goes on where it was, and a second tab stays in step", async () => {
    const page = await annotate("reload");
    await search(page, "cup-1");
    await image(page, "cup-12.jpg, cup").click();
    await page.keyboard.press("1");
    await image(page, "cup-12.jpg, bowl").waitFor();
    await page.keyboard.press("Control+s"); // the one shortcut of the notebook that acts in a widget
    await page.waitForFunction(() => !document.title.startsWith("*"));
    await page.locator(".jp-mod-dirty").waitFor({ state: "detached" });
    await page.reload({ timeout: patienceMs });
    await image(page, "cup-12.jpg, bowl").waitFor();
    assert.equal(await region(page).getByRole("searchbox", { name: "Search" }).inputValue(), "cup-1");
    await says(page, "cup-12.jpg is now bowl.");

    const other = await visit("reload");
    await image(other, "cup-12.jpg, bowl").click();
    await other.keyboard.press("4");
    await image(page, "cup-12.jpg, plate").waitFor();
    await says(page, "cup-12.jpg is now plate.");
    await image(page, "cup-11.jpg, cup").click();
    await page.keyboard.press("Delete");
    await image(other, "cup-11.jpg, cup").locator("[data-text=Excluded]").waitFor();
    await search(other, "bowl-");
    await image(page, "bowl-01.jpg, bowl").waitFor();
    await other.close();
    await page.close();
  });

  test("edits wait while the kernel is busy, are applied in their order, and outlive an interrupt", async () => {
    const page = await annotate("busy", look, "while (true) {}");
    await search(page, "cup-1");
    await image(page, "cup-12.jpg, cup").click();
    await runCell(page, 2);
    await page.getByText("TypeScript (Sightbook) | Busy").waitFor();
    await image(page, "cup-12.jpg, cup").click();
    await page.keyboard.press("4");
    await page.keyboard.press("1");
    await says(page, "The kernel is busy. 2 edits wait and will be applied when it is free.");
    await page.getByRole("button", { name: "Interrupt the kernel" }).click();
    await image(page, "cup-12.jpg, bowl").waitFor();
    await says(page, "cup-12.jpg is now bowl.");
    assert.equal(await inKernel(page), "kernel: bowl false 63");
    await page.keyboard.press("Escape");
    await image(page, "cup-12.jpg, bowl").click();
    await page.keyboard.press("Control+z");
    await image(page, "cup-12.jpg, plate").waitFor();
    await page.close();
  });

  test("after a restart it says that the kernel is gone, and the edits are there again", async () => {
    const page = await annotate("restart");
    await search(page, "cup-1");
    await image(page, "cup-12.jpg, cup").click();
    await page.keyboard.press("1");
    await image(page, "cup-12.jpg, bowl").waitFor();
    await page.getByRole("button", { name: "Restart the kernel" }).first().click();
    await page.getByRole("button", { name: "Confirm Kernel Restart" }).click();
    await region(page).getByText("The kernel of this widget has ended.").waitFor();
    assert.equal(await region(page).getByRole("button", { name: "Exclude" }).isDisabled(), true);
    await kernelIsIdle(page);
    await runCell(page, 0);
    await image(page, "bowl-01.jpg, bowl").waitFor();
    await search(page, "cup-1");
    await image(page, "cup-12.jpg, bowl").waitFor();
    await region(page).getByRole("button", { name: "Undo" }).click();
    await image(page, "cup-12.jpg, cup").waitFor();
    await page.close();
  });

  test("a file that vanished is shown in its place with the reason, and the rest goes on", async () => {
    const page = await annotate("vanished", look);
    rmSync(join(folder, "tableware", "plate", "plate-30.jpg"));
    await search(page, "plate-30");
    const tile = image(page, "plate-30.jpg, plate");
    await tile.locator('[data-text="Cannot be read"]').waitFor();
    await tile.locator('[data-text^="The file cannot be read (no such file or folder)."]').waitFor();
    await region(page).getByRole("checkbox", { name: "Problem" }).check();
    await search(page, "");
    assert.equal(await images(page).getByRole("option").count(), 1);
    assert.equal(await inKernel(page), "kernel: cup false 62");
    await tile.dblclick();
    await page
      .getByRole("dialog", { name: "plate-30.jpg" })
      .getByText("Cannot be read", { exact: true })
      .waitFor();
    await page.close();
  });

  test("edited, saved and opened without its kernel, the notebook shows the first images with their labels of then", async () => {
    const page = await annotate("reopened");
    await image(page, "bowl-02.jpg, bowl").click();
    await page.keyboard.press("2");
    // What stands for the widget is made again once nobody has edited for a moment.
    const saved = (): string => readFileSync(join(folder, "reopened.ipynb"), "utf8");
    for (let turn = 0; turn < 300 && !saved().includes("bowl; cup; bowl; bowl; bowl; cup; "); turn++) {
      await page.keyboard.press("ControlOrMeta+s");
      await page.waitForTimeout(300);
    }
    await page.locator(".jp-mod-dirty").waitFor({ state: "detached" });
    await lab!.endKernels();
    await page.reload({ timeout: patienceMs });
    const still = page.locator(".sightbook-still");
    await still.getByRole("img", { name: /^bowl; cup; bowl; bowl; bowl; cup; / }).waitFor();
    await still.getByText("The first 12 of its images, as last saved").waitFor();
    assert.equal(await region(page).count(), 0);
    await page.close();
  });
});
