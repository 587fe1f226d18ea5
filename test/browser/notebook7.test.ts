/** All widgets as a person meets them in Notebook 7, with the same kernel seen in JupyterLab, where the theme changes. */
import assert from "node:assert/strict";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test, { after, before, describe } from "node:test";

import type { Browser, Locator, Page } from "playwright-core";
import sharp from "sharp";

import { notebookOf } from "../notebook-of.js";
import { temporaryFolder } from "../support.js";
import { copyTableware, evaluateTableware } from "../widgets/evaluated-tableware.js";
import { launchChromium, patienceMs } from "./chromium.js";
import { skipWithoutJupyter, startJupyterLab, type RunningLab } from "./jupyterlab.js";

const cells = {
  annotation: `${evaluateTableware}
import { ImageClassifier, plots } from "sightbook";
import { AnnotationUI, DatasetOverview } from "sightbook/widgets";
new AnnotationUI(dataset)`,
  results: "new ResultsUI(dataset, evaluation)",
  thresholds: "const ui = new PrecisionRecallUI(evaluation);\nui",
  overview: "new DatasetOverview(dataset)",
  training: `const model = new ImageClassifier({ labels: dataset.labels, weights: "none", imageSize: 32 });
await model.fit(dataset, { epochs: 2, batchSize: 16, learningRate: 0.001 });
"epochs: " + model.history.length`,
  look: `JSON.stringify({
  cup12: dataset.entry("cup/cup-12.jpg")?.labels, excluded: dataset.entry("cup/cup-12.jpg")?.excluded,
  bowls: dataset.images.filter(({ labels }) => labels[0] === "bowl").length,
  mistakes: evaluation.mistakes().map(({ id }) => String(id).split("/")[1]),
  label: ui.label, threshold: ui.threshold })`,
  plot: "plots.rocCurve(evaluation)",
  // 100,000 points as Plotly's own typed arrays.
  large: `const values = (f: (i: number) => number) =>
  ({ dtype: "f4", bdata: Buffer.from(Float32Array.from({ length: 100_000 }, (_, i) => f(i)).buffer).toString("base64") });
const trace = { type: "scattergl", mode: "markers", marker: { color: "#f00" }, x: values((i) => i), y: values((i) => Math.sin(i / 5000)) };
display({ "application/vnd.plotly.v1+json": { data: [trace], layout: {} } }, { raw: true });`,
};

interface Look {
  readonly cup12: readonly string[];
  readonly excluded: boolean;
  readonly bowls: number;
  /** File names. */
  readonly mistakes: readonly string[];
  readonly label: string;
  readonly threshold: number;
}

describe("the widgets in Notebook 7", { skip: skipWithoutJupyter }, () => {
  const folder = temporaryFolder();
  const widgets = ["Annotation", "Results", "Precision and recall", "Dataset", "Training"] as const;
  let browser: Browser | undefined;
  let lab: RunningLab | undefined;
  let page: Page;

  before(async () => {
    copyTableware(folder);
    writeFileSync(join(folder, "seven.ipynb"), notebookOf(Object.values(cells)));
    lab = await startJupyterLab(folder, { drawsAllCells: true });
    browser = await launchChromium();
    page = await browser.newPage({ viewport: { width: 1200, height: 1500 } });
    page.setDefaultTimeout(patienceMs);
    await page.goto(lab.notebook7Url("seven.ipynb"), { timeout: patienceMs });
    await page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").waitFor();
    await page.locator("img[src*='/kernelspecs/sightbook/logo-']").first().waitFor();
    for (const name of ["annotation", "results", "thresholds", "overview"] as const) await run(name);
    await region("Dataset").waitFor();
  });
  after(async () => {
    await browser?.close();
    await lab?.stop();
  });

  const region = (name: (typeof widgets)[number], of = page): Locator =>
    of.getByRole("region", { name, exact: true });
  const cell = (name: keyof typeof cells, of = page): Locator =>
    of.locator(".jp-CodeCell").nth(Object.keys(cells).indexOf(name));
  async function run(name: keyof typeof cells, of = page): Promise<void> {
    await cell(name, of).locator(".cm-content").click();
    await of.keyboard.press("Control+Enter");
    await cell(name, of)
      .locator(".jp-InputPrompt", { hasText: /\[\d+\]/ })
      .waitFor();
  }
  /** What the kernel says. */
  async function look(): Promise<Look> {
    const prompt = cell("look").locator(".jp-InputPrompt");
    const before = await prompt.innerText();
    await cell("look").locator(".cm-content").click();
    await page.keyboard.press("Control+Enter");
    await prompt.filter({ hasText: /\[\d+\]/, hasNotText: before.trim() }).waitFor();
    const output = cell("look").locator(".jp-OutputArea-executeResult .jp-OutputArea-output");
    return JSON.parse((await output.innerText()).trim().replace(/^'|'$/g, "")) as Look;
  }

  test("an image is labelled and excluded by keys, and undone", async () => {
    const images = region("Annotation").getByRole("listbox", { name: "Images" });
    const image = (name: string): Locator => images.getByRole("option", { name, exact: true });
    await region("Annotation").getByRole("searchbox", { name: "Search" }).fill("cup-1");
    await image("cup-12.jpg, cup").click();
    const count = await page.locator(".jp-CodeCell").count();
    for (const key of ["1", "Delete"]) await page.keyboard.press(key);
    await region("Annotation").getByText("cup-12.jpg is now excluded.").waitFor();
    for (const key of ["x", "d", "d"]) await page.keyboard.press(key);
    assert.equal(await page.locator(".jp-CodeCell").count(), count, "keys stay in the widget");
    const { cup12, excluded } = await look();
    assert.deepEqual({ cup12, excluded }, { cup12: ["bowl"], excluded: true });
    await image("cup-12.jpg, bowl").click();
    await page.keyboard.press("Control+z");
    await region("Annotation").getByRole("button", { name: "bowl 6" }).waitFor();
    assert.equal((await look()).bowls, 6);
    const saved = readFileSync(join(folder, "tableware", "sightbook.labels.json"), "utf8");
    assert.deepEqual((JSON.parse(saved) as { edits: unknown }).edits, {
      "cup/cup-12.jpg": { labels: ["bowl"] },
    });
  });

  test("the overview followed the edit, and describes the label that is clicked", async () => {
    await region("Dataset").getByRole("button", { name: "bowl 6 images" }).click();
    await region("Dataset").getByText("Images of bowl", { exact: true }).waitFor();
    await region("Dataset").getByText("bowl", { exact: true }).nth(6).waitFor(); // below six pictures
  });

  test("results: filters and arrows lead to the kernel's mistakes, a label is mended", async () => {
    const { mistakes } = await look();
    await region("Results").getByRole("checkbox", { name: "Right", exact: true }).uncheck();
    await region("Results").getByText(mistakes[0]!, { exact: true }).waitFor();
    await region("Results").getByRole("button", { name: "Next image" }).click();
    await region("Results").getByText(mistakes[1]!, { exact: true }).waitFor();
    await page.keyboard.press("ArrowRight");
    await region("Results").getByText(mistakes[2]!, { exact: true }).waitFor();
    await region("Results").getByLabel("Relabel").selectOption("cutlery");
    await region("Results").getByText("is now cutlery.").waitFor();
    await region("Results").getByRole("button", { name: "Undo" }).click();
    await region("Results").getByText("is now cutlery.").waitFor({ state: "detached" });
  });

  test("the threshold slider is dragged, and the kernel has its value", async () => {
    await region("Precision and recall").getByLabel("Label", { exact: true }).selectOption("plate");
    const slider = region("Precision and recall").getByRole("slider", { name: "Threshold" });
    await slider.scrollIntoViewIfNeeded();
    const { x, y, width, height } = (await slider.boundingBox())!;
    await page.mouse.move(x + 8, y + height / 2);
    await page.mouse.down();
    await page.mouse.move(x + 0.4 * width, y + height / 2, { steps: 6 });
    await page.mouse.up();
    const { label, threshold } = await look();
    assert.equal(label, "plate");
    assert.ok(threshold > 0.3 && threshold < 0.5, String(threshold));
    assert.ok(Math.abs(Number(await slider.inputValue()) - threshold) < 1e-9);
  });

  test("a training shows itself and how it ended", async () => {
    await run("training");
    await region("Training")
      .getByText(/^Finished after 2 epochs/)
      .waitFor();
    await cell("training").locator(".jp-OutputArea-executeResult", { hasText: "epochs: 2" }).waitFor();
  });

  test("a reloaded page shows all five as they were", { timeout: 2 * patienceMs }, async () => {
    const { threshold } = await look();
    await page.keyboard.press("Control+s");
    // Notebook 7 shows nowhere that a notebook is saved.
    while (!readFileSync(join(folder, "seven.ipynb"), "utf8").includes("'epochs: 2'"))
      await page.waitForTimeout(100);
    await page.reload({ timeout: patienceMs });
    for (const name of widgets) await region(name).waitFor();
    assert.equal(await region("Annotation").getByRole("searchbox", { name: "Search" }).inputValue(), "cup-1");
    assert.equal(
      await region("Results").getByRole("checkbox", { name: "Right", exact: true }).isChecked(),
      false,
    );
    const slider = region("Precision and recall").getByRole("slider", { name: "Threshold" });
    assert.ok(Math.abs(Number(await slider.inputValue()) - threshold) < 1e-9);
    await region("Dataset").getByText("Images of bowl", { exact: true }).waitFor();
    await region("Training")
      .getByText(/^Finished after 2 epochs/)
      .waitFor();
  });

  test(
    "in JupyterLab, widgets and plot follow the theme, and 100,000 points are drawn",
    { timeout: 2 * patienceMs },
    async (t) => {
      const other = await browser!.newPage({ viewport: { width: 1200, height: 1500 } });
      other.setDefaultTimeout(patienceMs);
      let largest = 0;
      other.on("websocket", (socket) => {
        socket.on("framereceived", ({ payload }) => {
          largest = Math.max(largest, payload.length);
        });
      });
      await other.goto(lab!.notebookUrl("seven.ipynb"), { timeout: patienceMs });
      for (const name of widgets) await region(name, other).waitFor();
      await other.getByText("TypeScript (Sightbook) | Idle").waitFor();
      await run("plot", other);
      await cell("plot", other).locator(".main-svg .xaxislayer-above text").first().waitFor();
      await run("large", other);
      const large = cell("large", other).locator(".sightbook-plotly");
      await large.locator(".gl-canvas-context").waitFor();
      await large.scrollIntoViewIfNeeded();
      while ((await redShare(large)) < 0.02); // drawn in the browser's own time
      const ticks = (): Promise<string[]> => large.locator(".xtick").allTextContents();
      const all = await ticks();
      const { x, y, width, height } = (await large.boundingBox())!;
      await other.mouse.move(x + 0.3 * width, y + 0.4 * height);
      await other.mouse.down();
      await other.mouse.move(x + 0.6 * width, y + 0.4 * height, { steps: 5 });
      await other.mouse.up();
      while ((await ticks()).join() === all.join()); // zoomed by the drag
      t.diagnostic(`the figure's message has ${largest} bytes`);
      assert.ok(largest < 1_500_000, `the largest message has ${largest} bytes`);

      const colours = async (): Promise<string[]> => {
        const places = [
          ...widgets.map((name) => region(name, other)),
          cell("plot", other).locator(".main-svg").first(),
        ];
        return Promise.all(
          places.map((place) => place.evaluate((element) => getComputedStyle(element).backgroundColor)),
        );
      };
      const brightness = (colour: string): number => Number(/\d+/.exec(colour)![0]);
      const light = await colours();
      assert.ok(
        light.every((colour) => brightness(colour) > 200),
        light.join(" "),
      );
      await other.getByRole("menuitem", { name: "Settings", exact: true }).click();
      await other.locator(".lm-Menu").getByText("Theme", { exact: true }).hover();
      await other.locator(".lm-Menu").getByText("JupyterLab Dark", { exact: true }).click();
      await other.waitForFunction(() => document.body.dataset["jpThemeLight"] === "false");
      await other.waitForFunction(() =>
        [...document.querySelectorAll(".sightbook-widget")].every((element) =>
          /rgb\([0-9]?[0-9],/.test(getComputedStyle(element).backgroundColor),
        ),
      );
      await other.waitForFunction(() =>
        [...document.querySelectorAll(".sightbook-plotly .main-svg:first-child")].every((element) =>
          /rgb\([0-9]?[0-9],/.test(getComputedStyle(element).backgroundColor),
        ),
      );
      const dark = await colours();
      assert.ok(
        dark.every((colour) => brightness(colour) < 64),
        dark.join(" "),
      );
      await other.close();
    },
  );

  test(
    "an image that is gone from the folder is said to be; the other widgets go on",
    { timeout: 2 * patienceMs },
    async () => {
      const { mistakes } = await look();
      rmSync(join(folder, "tableware", mistakes[4]!.split("-")[0]!, mistakes[4]!));
      const next = region("Results").getByRole("button", { name: "Next image" });
      for (const mistake of mistakes.slice(3, 5)) {
        await next.click();
        await region("Results").getByText(mistake, { exact: true }).waitFor();
      }
      await region("Results").getByText("no such file or folder").first().waitFor();
      assert.equal((await look()).mistakes.length, mistakes.length);
    },
  );

  test("after a restart each says that its kernel has ended", async () => {
    await page.getByRole("button", { name: "Restart the kernel" }).first().click();
    await page.getByRole("button", { name: "Confirm Kernel Restart" }).click();
    for (const name of widgets.filter((each) => each !== "Training")) {
      await region(name).getByText("The kernel of this widget has ended.").waitFor();
    }
    await region("Training")
      .getByText(/^Finished after 2 epochs/)
      .waitFor();
  });

  test("saved and opened without a kernel, each shows its picture", async () => {
    await lab!.endKernels();
    await page.reload({ timeout: patienceMs });
    for (const name of ["annotation", "results", "thresholds", "overview", "training"] as const) {
      await cell(name).locator(".sightbook-still").locator("img, svg, table").first().waitFor();
    }
    assert.equal(await page.getByText("model not found").count(), 0);
  });
});

/** How much of what is seen of an element is red. */
async function redShare(element: Locator): Promise<number> {
  const { data } = await sharp(await element.screenshot())
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  let red = 0;
  for (let i = 0; i < data.length; i += 3)
    if (data[i]! > 200 && data[i + 1]! < 60 && data[i + 2]! < 60) red++;
  return (3 * red) / data.length;
}
