/** Every widget's view without the kernel: restored from a notebook's file, and left behind by a kernel that ended. */
import assert from "node:assert/strict";
import test, { after, before, describe } from "node:test";

import type { Browser, Page } from "playwright-core";

import { launchChromium } from "../browser/chromium.js";
import { exampleWidgets, type WidgetName } from "./example-states.js";
import { accessibilityFaults, layoutFaults } from "./looks.js";
import { openLook } from "./photograph.js";
import { openView, type ViewPage } from "./view-page.js";

const names = Object.keys(exampleWidgets) as WidgetName[];
const ended = "The kernel of this widget has ended.";

describe("the views without a kernel", () => {
  let browser: Browser;
  before(async () => {
    browser = await launchChromium();
  });
  after(() => browser.close());

  const live = (widget: WidgetName): Promise<ViewPage> =>
    openLook(browser, { widget, theme: "light", width: 900 });
  const restored = async (widget: WidgetName, state: object = {}): Promise<ViewPage> => {
    const { view: name, state: example } = exampleWidgets[widget];
    const options = { hasKernel: false, theme: "light" } as const;
    const view = await openView(browser, name, { ...example, ...state }, options);
    await view.page.getByRole("region").waitFor();
    return view;
  };

  for (const name of names) {
    test(`${name}: restored from the notebook's file, it says so once, offers nothing, and has no empty frames`, async () => {
      const { page, errors } = await restored(name);
      await page.getByRole("alert").filter({ hasText: ended }).waitFor();
      assert.equal(await page.getByText(ended).count(), 1);
      assert.deepEqual(await enabledControls(page), []);
      for (const width of [400, 900]) {
        await page.setViewportSize({ width, height: 900 });
        assert.deepEqual(await emptyFrames(page), [], `${width} px`);
        assert.deepEqual(await layoutFaults(page), [], `${width} px`);
      }
      assert.deepEqual(await accessibilityFaults(page), []);
      assert.deepEqual(errors, []);
      await page.close();
    });

    test(`${name}: when the kernel ends, it keeps what it shows and offers nothing more`, async () => {
      const view = await live(name);
      const { page, errors } = view;
      const pictures = await page.locator(".sightbook-widget img").count();
      assert.notDeepEqual(await enabledControls(page), []);
      await view.endKernel();
      await page.getByText(ended).waitFor();
      assert.equal(await page.locator(".sightbook-widget img").count(), pictures);
      assert.deepEqual(await enabledControls(page), []);
      assert.deepEqual(await accessibilityFaults(page), []);
      assert.deepEqual(errors, []);
      await page.close();
    });
  }

  test("work that is over needs no kernel", async () => {
    const { page } = await restored("training", { phase: "finished", message: "Finished after 15 epochs" });
    await page.getByText("Finished after 15 epochs").waitFor();
    assert.equal(await page.getByText(ended).count(), 0);
    await page.close();
  });

  test("annotation: edits that the kernel did not answer are named, and keys do nothing more", async () => {
    const view = await live("annotation");
    const { page } = view;
    const status = page.getByRole("status");
    await page.getByRole("option", { name: "bowl-01.jpg, bowl" }).click();
    await page.keyboard.press("2");
    await page.keyboard.press("4");
    await status.filter({ hasText: "The kernel is busy. 2 edits wait" }).waitFor();
    await view.endKernel();
    await status
      .filter({ hasText: "The kernel ended before it answered the last 2 edits: check them when you go on." })
      .waitFor();
    await view.sent();
    for (const key of ["1", "Delete", "Control+z", "PageDown", "Enter"]) await page.keyboard.press(key);
    const dialog = page.getByRole("dialog", { name: "bowl-01.jpg" });
    await dialog.getByText(ended).waitFor();
    await dialog.getByRole("button", { name: "Close" }).click();
    await dialog.waitFor({ state: "detached" });
    assert.deepEqual(await view.sent(), []);
    assert.deepEqual(view.errors, []);
    await page.close();
  });

  test("annotation: a large view that waits for its picture learns that none will come", async () => {
    const view = await live("annotation");
    await view.page.getByRole("option", { name: "bowl-01.jpg, bowl" }).dblclick();
    const dialog = view.page.getByRole("dialog", { name: "bowl-01.jpg" });
    await dialog.getByText("Loading").waitFor();
    await view.endKernel();
    await dialog.getByText(ended).waitFor();
    await view.page.close();
  });

  test("results: filters and place are those of the image that is shown, not what was asked last", async () => {
    const view = await live("results");
    const { page } = view;
    await page.getByRole("checkbox", { name: "Wrong", exact: true }).uncheck();
    await page.getByText("The kernel is busy: this is done when it is free.").waitFor();
    await view.endKernel();
    await page.getByRole("checkbox", { name: "Wrong", exact: true, checked: true }).waitFor();
    await page.getByText("2 of 63", { exact: true }).waitFor();
    assert.equal(await page.getByText("The kernel is busy").count(), 0);
    await page.locator('[aria-busy="true"]').waitFor({ state: "detached" });
    await page.close();
  });

  test("precision-recall: threshold and label are those of the figures, not what was asked last", async () => {
    const view = await live("precision-recall");
    const { page } = view;
    const slider = page.getByRole("slider", { name: "Threshold" });
    await slider.fill("0.7");
    await page.getByLabel("Label", { exact: true }).selectOption("bowl");
    await view.endKernel();
    await page.getByText(ended).waitFor();
    assert.equal(await slider.inputValue(), "0.5");
    assert.equal(await page.getByLabel("Label", { exact: true }).inputValue(), "1");
    await view.saved();
    const plot = (await page.getByRole("img", { name: /^Precision-recall curve of cup/ }).boundingBox())!;
    await page.mouse.click(plot.x + plot.width / 2, plot.y + plot.height / 2);
    assert.deepEqual(await view.saved(), []);
    assert.deepEqual(view.errors, []);
    await page.close();
  });
});

/** Controls that look as if they could be used. */
function enabledControls(page: Page): Promise<string[]> {
  return page
    .locator(".sightbook-widget :is(button, input, select):enabled")
    .evaluateAll((controls) => controls.map((control) => control.outerHTML.slice(0, 120)));
}

/** Places for a picture that have neither a picture nor a word. */
function emptyFrames(page: Page): Promise<string[]> {
  const frames = [
    ".sightbook-tile-picture",
    ".sightbook-pictures > li > span",
    ".sightbook-stage",
    ".sightbook-strip > button",
  ].join(", ");
  return page
    .locator(frames)
    .evaluateAll((found) =>
      found
        .filter(
          (frame) =>
            frame.getBoundingClientRect().height > 4 &&
            frame.querySelector("img, [data-text]") === null &&
            frame.textContent === "",
        )
        .map((frame) => frame.outerHTML.slice(0, 160)),
    );
}
