/** ResultsUI and PrecisionRecallUI as a person meets them: in real JupyterLab, with a kernel that is busy, restarted or gone. */
import assert from "node:assert/strict";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test, { after, before, describe } from "node:test";

import type { Browser, Locator, Page } from "playwright-core";

import { notebookOf } from "../notebook-of.js";
import { temporaryFolder } from "../support.js";
import { copyTableware, evaluateTableware } from "../widgets/evaluated-tableware.js";
import { launchChromium, patienceMs } from "./chromium.js";
import { skipWithoutJupyter, startJupyterLab, type RunningLab } from "./jupyterlab.js";
import { codeCell, openNotebook, runCell } from "./notebook-page.js";

const cells = {
  results: `${evaluateTableware}\nnew ResultsUI(dataset, evaluation)`,
  thresholds: "const ui = new PrecisionRecallUI(evaluation);\nui",
  choose: 'ui.label = "cup";\nui.threshold = 0.3;\nundefined',
  busy: "while (true);",
  look: `JSON.stringify({
  threshold: ui.threshold, thresholds: { ...ui.thresholds }, label: ui.label,
  cup: evaluation.metricsAtThreshold("cup", ui.thresholds["cup"]!),
  mistakes: evaluation.mistakes().map(({ id }) => String(id).split("/")[1]),
  confused: evaluation.confusionMatrix,
  bowl: dataset.images.filter(({ labels }) => labels[0] === "bowl").length })`,
};

interface Look {
  readonly threshold: number;
  readonly thresholds: Readonly<Record<string, number>>;
  readonly label: string;
  readonly cup: { readonly precision: number; readonly recall: number; readonly f1: number };
  /** File names. */
  readonly mistakes: readonly string[];
  readonly confused: readonly (readonly number[])[];
  readonly bowl: number;
}

describe("ResultsUI and PrecisionRecallUI in JupyterLab", { skip: skipWithoutJupyter }, () => {
  const folder = temporaryFolder();
  let browser: Browser | undefined;
  let lab: RunningLab | undefined;
  let page: Page;

  before(async () => {
    lab = await startJupyterLab(folder, { drawsAllCells: true });
    browser = await launchChromium();
    rmSync(join(folder, "tableware"), { recursive: true, force: true });
    copyTableware(folder);
    writeFileSync(join(folder, "results.ipynb"), notebookOf(Object.values(cells)));
    page = await visit();
    await run("results");
    await region().waitFor();
    await run("thresholds");
    await tradeoff().waitFor();
  });
  after(async () => {
    await browser?.close();
    await lab?.stop();
  });

  async function visit(): Promise<Page> {
    const visited = await browser!.newPage({ viewport: { width: 1200, height: 1500 } });
    await openNotebook(visited, lab!, "results.ipynb");
    return visited;
  }

  const indexOf = (name: keyof typeof cells): number => Object.keys(cells).indexOf(name);
  const cell = (name: keyof typeof cells): Locator => codeCell(page, indexOf(name));
  const run = (name: keyof typeof cells): Promise<Locator> => runCell(page, indexOf(name));
  const region = (of: Page = page): Locator => of.getByRole("region", { name: "Results" });
  const tradeoff = (of: Page = page): Locator => of.getByRole("region", { name: "Precision and recall" });
  /** What the kernel says when the last cell asks it. */
  const look = async (): Promise<Look> => {
    await run("look");
    const prompt = cell("look").locator(".jp-OutputArea-executeResult .jp-OutputPrompt");
    await page.waitForFunction(() =>
      [...document.querySelectorAll(".jp-InputPrompt")].every((each) => !each.textContent.includes("*")),
    );
    await prompt.waitFor();
    const text = await cell("look").locator(".jp-OutputArea-executeResult .jp-OutputArea-output").innerText();
    return JSON.parse(text.trim().replace(/^'|'$/g, "")) as Look;
  };
  /** Chromium writes a slider's value with 15 digits. */
  const near = (actual: number, expected: number): void => {
    assert.ok(Math.abs(actual - expected) < 1e-12, `${actual} is not ${expected}`);
  };
  const place = async (text: string): Promise<void> => {
    await region().getByText(text, { exact: true }).waitFor();
  };
  const figure = (name: string): Promise<string> =>
    tradeoff().getByRole("status", { name, exact: true }).innerText();

  test("filters, arrows and the confusion matrix lead to the images that the evaluation says", async () => {
    const { mistakes, confused } = await look();
    await region().getByRole("checkbox", { name: "Right", exact: true }).uncheck();
    await place(`1 of ${mistakes.length}`);
    await region().getByText(mistakes[0]!, { exact: true }).waitFor();
    await region().getByRole("button", { name: "Next image" }).click();
    await region().getByText(mistakes[1]!, { exact: true }).waitFor();
    await page.locator('.sightbook-widget [aria-label="Next image"]:focus').waitFor();
    const count = await page.locator(".jp-CodeCell").count();
    for (const key of ["ArrowRight", "d", "d", "x", "m"]) await page.keyboard.press(key);
    await place(`3 of ${mistakes.length}`);
    assert.equal(await page.locator(".jp-CodeCell").count(), count);
    await region()
      .getByRole("button", { name: /^cup predicted as plate: / })
      .click();
    await place(`1 of ${confused[1]![3]!}`);
    await region().getByLabel("Sort", { exact: true }).selectOption("Name");
    await region().getByLabel("Predicted label", { exact: true }).selectOption({ index: 2 });
    await place(`1 of ${confused[1]![1]!}`);
    await region().locator(".sightbook-stage img").waitFor();
  });

  test("a label that is mended here reaches the dataset, and can be undone", async () => {
    const before = await look();
    await region().getByLabel("Relabel").selectOption("bowl");
    await region().getByText("Labelled bowl now; the evaluation was computed with cup.").waitFor();
    const after = await look();
    assert.equal(after.bowl, before.bowl + 1);
    assert.deepEqual(after.confused, before.confused);
    await region().getByRole("button", { name: "Undo" }).click();
    await region().getByText("Labelled bowl now;").waitFor({ state: "detached" });
    assert.equal((await look()).bowl, before.bowl);
  });

  test("curve, slider and kernel are in step", async () => {
    await tradeoff().getByLabel("Label", { exact: true }).selectOption("cup");
    const slider = tradeoff().getByRole("slider", { name: "Threshold" });
    await slider.focus();
    for (let i = 0; i < 40; i++) await page.keyboard.press("ArrowRight");
    const stepped = Number(await slider.inputValue());
    const { cup, ...chosen } = await look();
    near(chosen.threshold, stepped);
    assert.equal(chosen.label, "cup");
    assert.equal(chosen.thresholds["cup"], chosen.threshold);
    assert.equal(await figure("Precision"), cup.precision.toFixed(3));
    assert.equal(await figure("Recall"), cup.recall.toFixed(3));
    assert.equal(await figure("F1"), cup.f1.toFixed(3));

    const plot = tradeoff().getByRole("img", { name: /^Precision-recall curve of cup/ });
    const { x, y, width, height } = (await plot.boundingBox())!;
    await page.mouse.move(x + width * 0.9, y + height * 0.5);
    await page.mouse.down();
    await page.mouse.move(x + width * 0.4, y + height * 0.15, { steps: 8 });
    await page.mouse.up();
    const dragged = await look();
    assert.notEqual(dragged.threshold, stepped);
    near(Number(await slider.inputValue()), dragged.threshold);
    assert.equal(await figure("Recall"), dragged.cup.recall.toFixed(3));

    await run("choose");
    await page.waitForFunction(
      () => document.querySelector<HTMLInputElement>('input[aria-valuetext="0.3000"]')?.value === "0.3",
    );
    assert.equal((await look()).threshold, 0.3);
  });

  test("what is asked while the kernel is busy is said to wait, and done when it is free", async () => {
    await run("busy");
    await page.getByText("TypeScript (Sightbook) | Busy").waitFor();
    await region().getByRole("checkbox", { name: "Wrong", exact: true }).uncheck();
    await region().getByRole("status").filter({ hasText: "The kernel is busy" }).waitFor();
    await page.getByRole("button", { name: "Interrupt the kernel" }).click();
    await region()
      .getByRole("status")
      .filter({ hasText: "The kernel is busy" })
      .waitFor({ state: "detached" });
    const { confused } = await look();
    await place(`1 of ${confused[1]![1]!}`);
  });

  test("a reloaded page goes on where it was, and a second tab is in step", async () => {
    await page.keyboard.press("Control+s");
    await page.locator(".jp-mod-dirty").waitFor({ state: "detached" });
    // The cell showed it before any threshold was chosen.
    assert.match(readFileSync(join(folder, "results.ipynb"), "utf8"), /"cup at threshold 0\.3: precision /);
    await page.reload({ timeout: patienceMs });
    await region().waitFor();
    assert.equal(await region().getByRole("checkbox", { name: "Wrong", exact: true }).isChecked(), false);
    assert.equal(await tradeoff().getByRole("slider", { name: "Threshold" }).inputValue(), "0.3");
    const other = await visit();
    await region(other).getByRole("checkbox", { name: "Wrong", exact: true }).check();
    await region(other).getByRole("button", { name: "Show all images" }).waitFor({ state: "detached" });
    await region().getByRole("checkbox", { name: "Wrong", exact: true, checked: true }).waitFor();
    await other.close();
  });

  test("after a restart the views say that their kernel has ended", async () => {
    await page.getByRole("button", { name: "Restart the kernel" }).first().click();
    await page.getByRole("button", { name: "Confirm Kernel Restart" }).click();
    await region().getByText("The kernel of this widget has ended.").waitFor();
    await tradeoff().getByText("The kernel of this widget has ended.").waitFor();
    assert.equal(await region().getByLabel("Relabel").isDisabled(), true);
  });
});
