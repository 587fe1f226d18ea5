import assert from "node:assert/strict";
import test, { after, before, describe } from "node:test";

import type { Browser } from "playwright-core";

import { allResults, type ResultsImage, type ResultsState } from "../../widgets/state/index.js";
import { launchChromium } from "../browser/chromium.js";
import { accessibilityFaults, layoutFaults, themes } from "./looks.js";
import { openView } from "./view-page.js";

const image: ResultsImage = {
  position: 0,
  id: "cup/a.jpg",
  name: "a.jpg",
  isRight: false,
  trueLabel: 1,
  predictedLabel: 0,
  scores: [0.7, 0.2, 0.1],
  loss: 1.609,
  labels: ["cup"],
  absent: false,
  excluded: false,
  problem: "",
  width: 640,
  height: 480,
};

const state: ResultsState = {
  labels: ["bowl", "cup", "plate"],
  datasetLabels: ["bowl", "cup", "plate", "vase"],
  cells: [
    [0, 0, 4],
    [1, 0, 2],
    [1, 1, 5],
    [2, 2, 1],
  ],
  size: 12,
  problems: ["broken.jpg: the file ends early."],
  problemCount: 1,
  changedCount: 0,
  canUndo: false,
  canRedo: false,
  filters: allResults,
  position: 0,
  found: {
    filters: allResults,
    count: 12,
    right: 10,
    wrong: 2,
    trueLabel: [4, 7, 1],
    predictedLabel: [6, 5, 1],
  },
  image,
  said: "",
  trouble: "",
  strip: [0, 1, 2].map((position) => ({
    position,
    id: `cup/${position}.jpg`,
    name: `${position}.jpg`,
    isRight: position > 1,
  })),
};

describe("the results view, alone", () => {
  let browser: Browser;
  before(async () => {
    browser = await launchChromium();
  });
  after(() => browser.close());

  test("every filter is a control by its name, and says what it asks for", async () => {
    const view = await openView(browser, "ResultsView", state);
    const { page } = view;
    const region = page.getByRole("region", { name: "Results" });
    const filters = async (): Promise<unknown> => (await view.state())["filters"];
    await region.getByRole("checkbox", { name: "Right", exact: true }).uncheck();
    assert.deepEqual(await filters(), { ...allResults, right: false });
    await region.getByLabel("True label", { exact: true }).selectOption({ label: "cup (7)" });
    await region.getByLabel("Predicted label", { exact: true }).selectOption({ label: "bowl (6)" });
    await region.getByLabel("Sort", { exact: true }).selectOption("Highest loss first");
    const confidence = region.getByRole("group", { name: "Confidence" });
    await confidence.getByRole("slider", { name: "Confidence from" }).fill("0.25");
    await confidence.getByRole("slider", { name: "Confidence to" }).press("ArrowLeft");
    assert.deepEqual(await filters(), {
      right: false,
      wrong: true,
      trueLabel: 1,
      predictedLabel: 0,
      confidence: [0.25, 0.99],
      sort: "loss",
    });
    await page.close();
  });

  test("the handles of the confidence stop at each other", async () => {
    const view = await openView(browser, "ResultsView", {
      ...state,
      filters: { ...allResults, confidence: [0.4, 0.6] },
    });
    const { page } = view;
    await page.getByRole("slider", { name: "Confidence from" }).fill("0.9");
    assert.deepEqual(((await view.state())["filters"] as typeof allResults).confidence, [0.6, 0.6]);
    await page.close();
  });

  test("next, previous, slider and arrows go from image to image", async () => {
    const view = await openView(browser, "ResultsView", state);
    const { page } = view;
    const position = async (): Promise<unknown> => (await view.state())["position"];
    await page.getByRole("button", { name: "Next image" }).click();
    assert.equal(await position(), 1);
    await page.keyboard.press("ArrowRight");
    assert.equal(await position(), 2);
    await page.getByRole("button", { name: "Previous image" }).click();
    assert.equal(await position(), 1);
    await page.keyboard.press("End");
    assert.equal(await position(), 11);
    await page.getByRole("slider", { name: "Image", exact: true }).fill("5");
    assert.equal(await position(), 4);
    await page.getByText("5 of 12").waitFor();
    await page.close();
  });

  test("a confusion opens its images, whatever the filters were", async () => {
    const view = await openView(browser, "ResultsView", {
      ...state,
      filters: { ...allResults, right: false, confidence: [0.9, 1], sort: "name" },
      position: 3,
    });
    const { page } = view;
    await page.getByRole("button", { name: "cup predicted as bowl: 2 images" }).click();
    const { filters, position } = await view.state();
    assert.deepEqual(filters, { ...allResults, trueLabel: 1, predictedLabel: 0, sort: "name" });
    assert.equal(position, 0);
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("Enter");
    assert.deepEqual((await view.state())["filters"], {
      ...allResults,
      trueLabel: 1,
      predictedLabel: 1,
      sort: "name",
    });
    await page.close();
  });

  test("scores are sorted, true and predicted label named in words", async () => {
    const { page } = await openView(browser, "ResultsView", state);
    const rows = await page.getByRole("list", { name: "Scores" }).getByRole("listitem").allInnerTexts();
    assert.deepEqual(
      rows.map((row) => row.split(/\s+/)),
      [
        ["bowl", "0.700", "predicted"],
        ["cup", "0.200", "true"],
        ["plate", "0.100"],
      ],
    );
    await page.close();
  });

  test("relabelling asks the kernel, says what it did, and that the figures are of the old label", async () => {
    const view = await openView(browser, "ResultsView", state);
    const edits = async (): Promise<unknown[]> =>
      (await view.sent()).filter(({ about }) => about === "edit").map(({ content }) => content);
    await view.page.getByLabel("Relabel").selectOption("vase");
    assert.deepEqual(await edits(), [{ action: "setLabel", ids: ["cup/a.jpg"], label: "vase" }]);
    await view.page.getByRole("status").filter({ hasText: "The kernel is busy" }).waitFor();
    await view.set({
      image: { ...image, labels: ["vase"] },
      changedCount: 1,
      canUndo: true,
      said: "a.jpg is now vase.",
    });
    await view.page.getByText("Labelled vase now; the evaluation was computed with cup.").waitFor();
    await view.page
      .getByText("1 of 12 images has been relabelled or left out since the evaluation")
      .waitFor();
    await view.page.getByRole("button", { name: "Undo" }).click();
    await view.page.keyboard.press("Control+Shift+Z");
    await view.page.keyboard.press("Delete");
    assert.deepEqual(await edits(), [
      { action: "undo" },
      { action: "redo" },
      { action: "exclude", ids: ["cup/a.jpg"] },
    ]);
    await view.set({ trouble: "labels.json: could not be written (the disk is full)." });
    await view.page.getByRole("alert").filter({ hasText: "the disk is full" }).waitFor();
    await view.page.close();
  });

  test("a picture that cannot be read, filters that leave none, images that were left out", async () => {
    const view = await openView(browser, "ResultsView", state);
    // The large picture is asked for once the view knows how large it is.
    await view.page.waitForFunction("sent.some(({ content }) => content.size === 729)");
    const asked = (await view.sent()).find(({ content }) => (content as { size: number }).size === 729);
    assert.deepEqual((asked!.content as { ids: string[] }).ids, ["cup/a.jpg", "cup/1.jpg"]);
    await view.set({ image: { ...image, problem: "a.jpg: no such file or folder." } });
    await view.receive({ answer: asked!.ask, content: { abandoned: false } }, [[], []]);
    await view.page.getByText("a.jpg: no such file or folder.").waitFor();
    await view.page.getByText("1 image was left out of the evaluation").click();
    await view.page.getByText("broken.jpg: the file ends early.").waitFor();
    await view.set({ image: { ...image, absent: true } });
    await view.page.getByText("The dataset does not have a.jpg any more.").waitFor();
    await view.set({ image: null, strip: [], found: { ...state.found, count: 0 } });
    await view.page.getByText("No image is left by these filters").waitFor();
    await view.page.getByRole("button", { name: "Show all images" }).click();
    assert.deepEqual((await view.state())["filters"], allResults);
    await view.page.close();
  });

  test("the large view opens by button and key, and steps through the same images", async () => {
    const view = await openView(browser, "ResultsView", state);
    await view.page.getByRole("button", { name: "Next image" }).focus();
    await view.page.keyboard.press("z");
    const dialog = view.page.getByRole("dialog", { name: "a.jpg" });
    await dialog.waitFor();
    assert.ok((await view.sent()).some(({ about }) => about === "picture"));
    await view.page.keyboard.press("PageDown");
    assert.equal((await view.state())["position"], 1);
    await view.page.keyboard.press("Escape");
    await dialog.waitFor({ state: "hidden" });
    await view.page.close();
  });

  for (const theme of themes) {
    test(`nothing overlaps and axe finds nothing, theme ${theme}`, async () => {
      const many = Array.from({ length: 20 }, (_, i) => `a label with a longer name ${i}`);
      const counts = many.map(() => 3);
      const states: readonly ResultsState[] = [
        { ...state, image: { ...image, labels: ["vase"] }, changedCount: 1 },
        {
          ...state,
          labels: many,
          datasetLabels: many,
          image: { ...image, name: `${"long-".repeat(20)}.jpg`, scores: many.map(() => 0.05) },
          found: { ...state.found, trueLabel: counts, predictedLabel: counts },
        },
      ];
      for (const each of states) {
        const { page } = await openView(browser, "ResultsView", each, { theme });
        await page.getByRole("region", { name: "Results" }).waitFor();
        for (const width of [400, 900, 2000]) {
          await page.setViewportSize({ width, height: 900 });
          assert.deepEqual(await layoutFaults(page), [], `${width} px`);
        }
        assert.deepEqual(await accessibilityFaults(page), []);
        await page.close();
      }
    });
  }
});
