import assert from "node:assert/strict";
import test, { after, before, describe } from "node:test";

import type { Browser, Locator } from "playwright-core";

import type { AnnotationRow, AnnotationState } from "../../widgets/state/index.js";
import { launchChromium } from "../browser/chromium.js";
import { openView, type ViewPage } from "./view-page.js";

const row = (id: string, label: string, more: Partial<AnnotationRow> = {}): AnnotationRow => ({
  id,
  name: id.slice(id.indexOf("/") + 1),
  labels: [label],
  edited: false,
  excluded: false,
  problem: "",
  ...more,
});

const rows = Array.from({ length: 12 }, (_, i) => row(`cup/cup-${i + 1}.jpg`, "cup"));

function stateWith(changed: Partial<AnnotationState> = {}): AnnotationState {
  return {
    page: 0,
    pageSize: 18,
    search: "",
    labelFilter: "",
    onlyEdited: false,
    onlyProblem: false,
    onlyExcluded: false,
    labels: ["bowl", "cup", "plate"],
    counts: [5, 12, 1234],
    total: 36,
    matching: 36,
    edited: 0,
    problems: 0,
    excluded: 0,
    pageCount: 3,
    rows,
    canUndo: false,
    canRedo: false,
    said: "",
    trouble: "",
    ...changed,
  };
}

describe("the annotation view, alone", () => {
  let browser: Browser;
  before(async () => {
    browser = await launchChromium();
  });
  after(() => browser.close());

  const open = (changed: Partial<AnnotationState> = {}, options = {}): Promise<ViewPage> =>
    openView(browser, "AnnotationView", stateWith(changed), options);
  const images = ({ page }: ViewPage): Locator =>
    page.getByRole("region", { name: "Annotation" }).getByRole("listbox", { name: "Images" });
  const image = (view: ViewPage, number: number): Locator =>
    images(view).getByRole("option", { name: `cup-${number}.jpg, cup`, exact: true });
  const selected = (view: ViewPage): Promise<string[]> =>
    images(view)
      .getByRole("option", { selected: true })
      .evaluateAll((tiles) => tiles.map((tile) => tile.getAttribute("aria-label")!.split(".")[0]!));
  /** The edits that were sent since the last call. */
  const edits = async (view: ViewPage): Promise<unknown[]> =>
    (await view.sent()).filter(({ about }) => about === "edit").map(({ content }) => content);

  test("shows its images with their labels and asks for their pictures once, the first ones first", async () => {
    const view = await open();
    await image(view, 1).waitFor();
    assert.equal(await images(view).getByRole("option").count(), 12);
    const questions = (await view.sent()).filter(({ about }) => about === "thumbnails");
    const asked = questions.map(({ content }) => content as { ids: string[]; size: number });
    assert.deepEqual(
      asked.flatMap(({ ids }) => ids),
      rows.map(({ id }) => id),
    );
    assert.equal(asked[0]!.ids.length, 8);
    await view.page.close();
  });

  test("clicks select one, several and a range, and a label goes to all of them", async () => {
    const view = await open();
    await image(view, 2).click();
    assert.deepEqual(await selected(view), ["cup-2"]);
    await image(view, 5).click({ modifiers: ["ControlOrMeta"] });
    assert.deepEqual(await selected(view), ["cup-2", "cup-5"]);
    await image(view, 7).click({ modifiers: ["Shift"] });
    assert.deepEqual(await selected(view), ["cup-5", "cup-6", "cup-7"]);
    await view.page.getByRole("combobox", { name: "Label", exact: true }).selectOption("bowl");
    await view.page.getByRole("button", { name: "plate" }).click();
    await view.page.getByRole("button", { name: "Exclude" }).click();
    const ids = ["cup/cup-5.jpg", "cup/cup-6.jpg", "cup/cup-7.jpg"];
    assert.deepEqual(await edits(view), [
      { action: "setLabel", ids, label: "bowl" },
      { action: "setLabel", ids, label: "plate" },
      { action: "exclude", ids },
    ]);
    await view.page.getByRole("button", { name: "Select page" }).click();
    assert.equal((await selected(view)).length, 12);
    await view.page.close();
  });
});
