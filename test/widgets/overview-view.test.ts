import assert from "node:assert/strict";
import test, { after, before, describe } from "node:test";

import type { Browser } from "playwright-core";

import type { OverviewState } from "../../widgets/state/index.js";
import { launchChromium } from "../browser/chromium.js";
import { accessibilityFaults, layoutFaults, themes } from "./looks.js";
import { openView } from "./view-page.js";

const image = (id: string, label: string) => ({ id, name: id.split("/")[1]!, labels: [label] });
const state: OverviewState = {
  title: "64 images, 2 labels in tableware",
  label: "",
  counts: [
    { label: "bowl", count: 6 },
    { label: "a label with quite a long name that has to be cut", count: 58 },
  ],
  facts: [
    ["width", "480 px to 640 px, median 640 px"],
    ["file size", "13.9 kB to 73.0 kB, median 29.4 kB"],
    ["formats", "64 jpeg"],
  ],
  sizes: [
    { width: 640, height: 480, count: 50 },
    { width: 480, height: 640, count: 14 },
  ],
  samples: [image("bowl/1.jpg", "bowl"), image("cup/2.jpg", "cup")],
  search: { phase: "done", done: 64, total: 64, text: "1 picture is there more than once." },
  duplicates: [
    { kind: "exact", labelsDiffer: true, images: [image("bowl/1.jpg", "bowl"), image("cup/3.jpg", "cup")] },
  ],
  problemCount: 1,
  problems: ["cup/broken.jpg: the file is not an image but text."],
};

describe("the dataset overview's view, alone", () => {
  let browser: Browser;
  before(async () => {
    browser = await launchChromium();
  });
  after(() => browser.close());

  test("a label is chosen and left again; pictures are asked for once", async () => {
    const view = await openView(browser, "OverviewView", state);
    const bowl = view.page.getByRole("button", { name: "bowl 6 images" });
    await bowl.click();
    assert.deepEqual(await view.saved(), [{ label: "bowl" }]);
    assert.equal(await bowl.getAttribute("aria-pressed"), "true");
    await bowl.click();
    assert.deepEqual(await view.saved(), [{ label: "" }]);
    const asked = (await view.sent()).flatMap(({ content }) => (content as { ids: string[] }).ids);
    assert.deepEqual(asked.sort(), ["bowl/1.jpg", "cup/2.jpg", "cup/3.jpg"]);
    await view.page.getByText("Equal files, with different labels").waitFor();
    await view.page.getByText("cup/broken.jpg: the file is not an image but text.").waitFor();
    await view.page.getByRole("img", { name: "Image sizes: 2 different, most often 640 x 480 px" }).waitFor();
  });

  test("duplicates of a large dataset are looked for on demand", async () => {
    const search = { phase: "none", done: 0, total: 90_000, text: "" } as const;
    const view = await openView(browser, "OverviewView", { ...state, duplicates: [], search });
    await view.page.getByRole("button", { name: "Find duplicates" }).click();
    assert.deepEqual((await view.sent()).at(-1), { find: "duplicates" });
    await view.set({ search: { ...search, phase: "running", done: 30_000, text: "30000 of 90000" } });
    const bar = view.page.getByRole("progressbar", { name: "Duplicates" });
    assert.equal(await bar.getAttribute("aria-valuenow"), "30000");
  });

  for (const theme of themes) {
    test(`nothing overlaps and axe finds nothing, theme ${theme}`, async () => {
      for (const width of [400, 900, 2000]) {
        const view = await openView(browser, "OverviewView", state, { width, theme });
        await view.page.getByRole("region", { name: "Dataset" }).waitFor();
        assert.deepEqual(await layoutFaults(view.page), []);
        if (width === 900) assert.deepEqual(await accessibilityFaults(view.page), []);
        await view.page.close();
      }
    });
  }
});
