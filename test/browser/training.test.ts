import assert from "node:assert/strict";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test, { after, before, describe } from "node:test";

import type { Browser, Locator, Page } from "playwright-core";

import { notebookOf } from "../notebook-of.js";
import { repositoryRoot, temporaryFolder } from "../support.js";
import { launchChromium } from "./chromium.js";
import { skipWithoutJupyter, startJupyterLab, type RunningLab } from "./jupyterlab.js";
import { openNotebook, runCell } from "./notebook-page.js";

// A network that trains in seconds: small images, random start.
const prepare = `import { ClassificationDataset, ClassificationEvaluation, ImageClassifier, LinearSVC, SvmClassifier } from "sightbook";
const dataset = await ClassificationDataset.fromDirectory("tableware");
const [trainSet, validationData] = dataset.split({ trainSize: 0.66, stratify: "label", seed: 1 });
const network = () => new ImageClassifier({ labels: dataset.labels, weights: "none", imageSize: 32 });
const model = network(), stopped = network(), interrupted = network();`;
const cells = [
  `${prepare}
await model.fit(trainSet, { epochs: 3, batchSize: 8, validationData });
console.log("kept", model.keptEpoch, "of", model.history.length);`,
  `await new SvmClassifier(model, new LinearSVC()).fit(trainSet);
console.log("svm done");`,
  `await stopped.fit(trainSet, { epochs: 500, learningRate: 0.001, batchSize: 8, validationData });
console.log("went on with", stopped.keptEpoch, "of", stopped.history.length);`,
  `await interrupted.fit(trainSet, { epochs: 500, learningRate: 0.001, batchSize: 8, validationData });
console.log("never printed");`,
  `console.log("kept", interrupted.keptEpoch, "of", interrupted.history.length);`,
  `await model.fit(trainSet, { epochs: 500, learningRate: 0.001, batchSize: 8, validationData });`,
  `${prepare}
const many = { labels: dataset.labels, images: Array(5000).fill(dataset.images).flat() };
await network().featurize(many);`,
  `await stopped.fit(trainSet, { epochs: 1, batchSize: 8, verbose: 0 });
await ClassificationEvaluation.run(stopped, many);`,
];

describe("a training in JupyterLab", { skip: skipWithoutJupyter }, () => {
  const folder = temporaryFolder();
  let browser: Browser | undefined;
  let lab: RunningLab | undefined;
  let page: Page;
  before(async () => {
    cpSync(join(repositoryRoot, "notebooks", "sample_data", "tableware"), join(folder, "tableware"), {
      recursive: true,
    });
    writeFileSync(join(folder, "training.ipynb"), notebookOf(cells));
    lab = await startJupyterLab(folder);
    browser = await launchChromium();
    page = await browser.newPage({ viewport: { width: 1200, height: 4000 } });
    await openNotebook(page, lab, "training.ipynb");
  });
  after(async () => {
    await browser?.close();
    await lab?.stop();
  });

  /** Waits until some epochs are finished; a quick training may be far behind that by then. */
  async function untilSomeEpochs(cell: Locator): Promise<void> {
    await cell.getByText(/^Training epoch ([3-9]|\d\d+) of/).waitFor();
  }

  test("shows itself by itself: progress, curves, and in the end what was kept", async () => {
    const cell = await runCell(page, 0);
    const region = cell.getByRole("region", { name: "Training" });
    await region.getByRole("progressbar", { name: "Epoch" }).waitFor();
    await region.getByRole("progressbar", { name: "Batch" }).waitFor();
    await region.getByRole("button", { name: "Stop" }).waitFor();
    const status = region.getByRole("status");
    await status
      .getByText(/^Finished after 3 epochs; the model keeps epoch \d, validation accuracy/)
      .waitFor();
    const printed = await cell.getByText(/^kept \d of 3/).innerText();
    const [, kept] = /kept (\d)/.exec(printed)!;
    assert.match(await status.innerText(), new RegExp(`keeps epoch ${kept}`));
    const loss = await region.getByRole("img", { name: /^Loss/ }).getAttribute("aria-label");
    assert.match(loss!, new RegExp(`^Loss: training [\\d.]+, validation [\\d.]+; best epoch ${kept}$`));
    assert.equal(await region.getByRole("progressbar", { name: "Epoch" }).getAttribute("aria-valuenow"), "3");
    assert.match(await region.innerText(), /Engine\s+\S+/);
    assert.equal(await region.getByRole("button", { name: "Stop" }).count(), 0);
    await region.getByText("Numbers").click();
    assert.equal(await region.getByRole("row").count(), 4);
  });

  test("a linear learner shows how many images have features", async () => {
    const cell = await runCell(page, 1);
    const region = cell.getByRole("region", { name: "Training" });
    await region.getByText(/^Trained on 512 features of \d+ images\.$/).waitFor();
    const images = region.getByRole("progressbar", { name: "Images" });
    assert.equal(await images.getAttribute("aria-valuenow"), await images.getAttribute("aria-valuemax"));
    await cell.locator(".jp-OutputArea-output", { hasText: /^svm done/ }).waitFor();
  });

  test("Stop ends it with its best weights, and the cell goes on", async () => {
    const cell = await runCell(page, 2);
    await untilSomeEpochs(cell);
    await cell.getByRole("button", { name: "Stop" }).click();
    const printed = await cell.getByText(/^went on with/).innerText();
    const [, kept, finished] = /went on with (\d+) of (\d+)/.exec(printed)!;
    assert.ok(Number(finished) >= 2 && Number(finished) < 500, printed);
    const outcome = `Stopped after ${finished} of 500 epochs; the model keeps epoch ${kept}, validation accuracy`;
    await cell.getByRole("status").getByText(outcome).waitFor();
  });

  test("an interrupt keeps the best weights too, and ends the cell", async () => {
    const cell = await runCell(page, 3);
    await untilSomeEpochs(cell);
    await page.getByRole("button", { name: /Interrupt the kernel/ }).click();
    await cell
      .getByText(/^CancelledError|^KeyboardInterrupt/)
      .first()
      .waitFor();
    await cell
      .getByRole("status")
      .getByText(/^Stopped after \d+ of 500 epochs; the model keeps epoch/)
      .waitFor();
    assert.equal(await cell.getByText("never printed", { exact: true }).count(), 0);
    const next = await runCell(page, 4);
    await next.getByText(/^kept [1-9]\d* of [1-9]/).waitFor();
  });

  test("a kernel that restarts meanwhile: the monitor says so, and shows what was reached", async () => {
    const cell = await runCell(page, 5);
    await untilSomeEpochs(cell);
    await page
      .getByRole("button", { name: /Restart the kernel/ })
      .first()
      .click();
    await page.getByRole("button", { name: "Confirm Kernel Restart" }).click();
    await cell.getByRole("alert").getByText("The kernel of this widget has ended.").waitFor();
    assert.equal(await cell.getByRole("button", { name: "Stop" }).isDisabled(), true);
    await cell.getByRole("img", { name: /^Loss: training/ }).waitFor();
  });

  test("features and an evaluation show how far they are, and end when they are to", async () => {
    const features = await runCell(page, 6);
    const computing = features.getByRole("region", { name: "Features" });
    await computing.getByRole("progressbar", { name: "Images" }).waitFor();
    await computing.getByText("ResNet18 computes features of 315000 images").waitFor();
    await computing.getByRole("button", { name: "Stop" }).click();
    await computing.getByText(/^Stopped after \d+ images\.$/).waitFor();
    await features
      .getByText(/^CancelledError: /)
      .first()
      .waitFor();

    const evaluation = await runCell(page, 7);
    const scoring = evaluation.getByRole("region", { name: "Scoring" });
    await scoring.getByText(/^\d+ of 315000$/).waitFor();
    await page.getByRole("button", { name: /Interrupt the kernel/ }).click();
    await scoring.getByText(/^Stopped after \d+ images\.$/).waitFor();
    await evaluation
      .getByText(/^CancelledError|^KeyboardInterrupt/)
      .first()
      .waitFor();
  });

  test("saved and opened without its kernel, the notebook shows the final pictures", async () => {
    await page.keyboard.press("ControlOrMeta+s");
    await page.getByText("Saving completed").waitFor();
    await lab!.endKernels();
    await openNotebook(page, lab!, "training.ipynb");
    const first = page.locator(".jp-CodeCell").nth(0);
    await first.locator(".sightbook-still img, .sightbook-still svg").first().waitFor();
    await first.getByText("As saved. Run the cell to use it.").waitFor();
    assert.equal(await page.getByText("model not found").count(), 0);
    const saved = JSON.parse(readFileSync(join(folder, "training.ipynb"), "utf8")) as {
      cells: { outputs: { data?: Record<string, string[]> }[] }[];
    };
    const stopped = saved.cells[2]!.outputs[0]!.data!;
    assert.ok(stopped["image/svg+xml"]);
    assert.ok(stopped["image/png"]);
    assert.match(stopped["text/plain"]!.join(""), /Stopped after \d+ of 500 epochs/);
    const scored = saved.cells[7]!.outputs[0]!.data!;
    assert.match(scored["text/plain"]!.join(""), /scores 315000 images\nStopped after \d+ images\./);
  });
});
