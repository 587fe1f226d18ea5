import assert from "node:assert/strict";
import test, { after, before, describe } from "node:test";

import type { Browser, Locator } from "playwright-core";
import sharp from "sharp";

import type { AnnotationRow, AnnotationState } from "../../widgets/state/index.js";
import { launchChromium } from "../browser/chromium.js";
import { accessibilityFaults, layoutFaults, themes } from "./looks.js";
import { openView, type SentMessage, type ViewPage } from "./view-page.js";

const picture = await sharp({ create: { width: 60, height: 30, channels: 3, background: "#48c" } })
  .png()
  .toBuffer();

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

  test("keys select, label, exclude, undo and turn pages", async () => {
    const view = await open();
    await image(view, 1).click();
    // The grid has five columns at this width.
    const moves: readonly (readonly [keys: string, selected: readonly string[]])[] = [
      ["ArrowRight", ["cup-2"]],
      ["ArrowDown", ["cup-7"]],
      ["ArrowLeft", ["cup-6"]],
      ["ArrowUp", ["cup-1"]],
      ["End", ["cup-12"]],
      ["ArrowUp", ["cup-7"]],
      ["Shift+ArrowRight", ["cup-7", "cup-8"]],
      ["Shift+ArrowDown", ["cup-7", "cup-8", "cup-9", "cup-10", "cup-11", "cup-12"]],
      ["Home", ["cup-1"]],
      ["Control+ArrowRight", ["cup-1"]],
      ["Control+ArrowRight", ["cup-1"]],
      ["Space", ["cup-1", "cup-3"]],
      ["Escape", []],
      ["Control+a", rows.map(({ name }) => name.replace(".jpg", ""))],
      ["Home", ["cup-1"]],
    ];
    for (const [key, expected] of moves) {
      await view.page.keyboard.press(key);
      assert.deepEqual(await selected(view), expected, key);
    }
    await view.sent();
    const ids = ["cup/cup-1.jpg"];
    const edited: readonly (readonly [keys: string, edit: unknown])[] = [
      ["1", { action: "setLabel", ids, label: "bowl" }],
      ["Shift+3", { action: "toggleLabel", ids, label: "plate" }],
      ["Delete", { action: "exclude", ids }],
      ["Control+z", { action: "undo" }],
      ["Control+Shift+z", { action: "redo" }],
      ["Control+y", { action: "redo" }],
    ];
    for (const [key, edit] of edited) {
      await view.page.keyboard.press(key);
      assert.deepEqual(await edits(view), [edit], key);
    }
    await view.page.keyboard.press("9");
    assert.deepEqual(await edits(view), [], "a key without a label");
    await view.set({ rows: rows.map((each) => ({ ...each, excluded: true })) });
    await view.page.keyboard.press("Delete");
    assert.deepEqual(await edits(view), [{ action: "restore", ids }], "what is excluded comes back");
    await view.page.keyboard.press("PageDown");
    assert.deepEqual((await view.saved()).at(-1), { page: 1 });
    await view.page.close();
  });

  test("the eleventh label and those behind it have letters, and ? shows all keys", async () => {
    const labels = Array.from({ length: 40 }, (_, i) => `label ${i + 1}`);
    const view = await open({ labels, counts: labels.map(() => 0) });
    await image(view, 1).click();
    await edits(view);
    for (const key of ["0", "a", "z"]) await view.page.keyboard.press(key);
    assert.deepEqual(
      (await edits(view)).map((edit) => (edit as { label: string }).label),
      ["label 10", "label 11", "label 36"],
    );
    await view.page.keyboard.press("?");
    const keys = view.page.getByRole("dialog", { name: "Keys" });
    await keys.getByText("label 36", { exact: true }).waitFor();
    assert.equal(await keys.getByText("label 37", { exact: true }).count(), 0);
    await view.page.keyboard.press("Escape");
    await keys.waitFor({ state: "detached" });
    await view.page.keyboard.press("ArrowRight");
    assert.deepEqual(await selected(view), ["cup-2"], "the focus is back where it was");
    await view.page.close();
  });

  test("filters, page and page size go to the kernel; what is typed in a field stays in it", async () => {
    const view = await open();
    const region = view.page.getByRole("region", { name: "Annotation" });
    await image(view, 3).click();
    assert.deepEqual(await view.saved(), [{ pageSize: 15 }], "three rows of what fits");
    await region.getByRole("searchbox", { name: "Search" }).pressSequentially("c1");
    await region.getByRole("combobox", { name: "Filter by label" }).selectOption("plate");
    await region.getByRole("checkbox", { name: "Edited" }).check();
    await region.getByRole("checkbox", { name: "Problem" }).check();
    await region.getByRole("checkbox", { name: "Excluded" }).check();
    await region.getByRole("spinbutton", { name: "Page" }).fill("3");
    await region.getByRole("button", { name: "Previous page" }).click();
    assert.deepEqual(await view.saved(), [
      { search: "c" },
      { search: "c1" },
      { labelFilter: "plate" },
      { onlyEdited: true },
      { onlyProblem: true },
      { onlyExcluded: true },
      { page: 2 },
      { page: 1 },
    ]);
    assert.deepEqual(await edits(view), [], "letters and digits in a field are no labels");
    await region.getByRole("textbox", { name: "New label" }).fill(" mug ");
    await view.page.keyboard.press("Enter");
    assert.deepEqual(await edits(view), [{ action: "addLabel", label: "mug" }]);
    await view.set({ rows: [], matching: 0, pageCount: 1, page: 0 });
    await region.getByText("No image fits these filters").waitFor();
    await view.page.close();
  });

  test("the focus keeps its place when the page turns, and follows the images that are left", async () => {
    const view = await open();
    await image(view, 12).click();
    await view.set({ page: 1, rows: Array.from({ length: 4 }, (_, i) => row(`cup/other-${i}.jpg`, "cup")) });
    const last = images(view).getByRole("option", { name: "other-3.jpg, cup" });
    await last.waitFor();
    assert.equal(await last.evaluate((tile) => tile === document.activeElement), true);
    assert.deepEqual(await selected(view), []);
    await edits(view);
    await view.page.keyboard.press("1");
    assert.deepEqual(await edits(view), [{ action: "setLabel", ids: ["cup/other-3.jpg"], label: "bowl" }]);
    await view.page.close();
  });

  test("pictures come once, and a page that is left before it came is asked for again", async () => {
    const view = await open();
    const asked = async (): Promise<SentMessage[]> =>
      (await view.sent()).filter(({ about }) => about === "thumbnails");
    const answer = async (questions: readonly SentMessage[], abandoned = false): Promise<void> => {
      for (const { ask, content } of questions) {
        const { ids } = content as { ids: string[] };
        const message = { answer: ask, content: { abandoned } };
        await view.receive(message, abandoned ? [] : ids.map(() => [...picture]));
      }
    };
    const tile = images(view).getByRole("option");
    await answer(await asked());
    await images(view).locator("img").nth(11).waitFor();
    const second = Array.from({ length: 6 }, (_, i) => row(`plate/${i}.jpg`, "plate"));
    await view.set({ page: 1, rows: second });
    const left = await asked();
    await view.set({ page: 0, rows });
    await tile.nth(11).waitFor();
    assert.deepEqual(await asked(), [], "what was here before is here still");
    await answer(left, true);
    await view.set({ page: 1, rows: second });
    await tile.nth(5).waitFor();
    const again = await asked();
    assert.equal(again.length, 1);
    await answer(again);
    await images(view).locator("img").nth(5).waitFor();
    assert.equal(await images(view).locator("img").count(), 6);
    await view.page.close();
  });

  test("an edit that waits for a busy kernel is shown as waiting", async () => {
    const view = await open({ said: "before" });
    await image(view, 2).click();
    await view.sent();
    await view.page.keyboard.press("1");
    const [edit] = (await view.sent()).filter(({ about }) => about === "edit");
    const status = view.page.getByRole("status");
    await status.filter({ hasText: "The kernel is busy. 1 edit waits" }).waitFor();
    assert.equal(await image(view, 2).getAttribute("data-waiting"), "true");
    await view.receive({ answer: edit!.ask, content: { said: "" } });
    await view.set({ said: "cup-2.jpg is now bowl. Undo: Ctrl+Z" });
    await status.filter({ hasText: "cup-2.jpg is now bowl. Undo: Ctrl+Z" }).waitFor();
    await view.set({ trouble: "/data/sightbook.labels.json: could not be written (the disk is full)." });
    await view.page.getByRole("alert").filter({ hasText: "the disk is full" }).waitFor();
    await view.page.close();
  });

  test("the large view asks for the file only when it is opened; wheel, keys and pointer zoom and move", async () => {
    const view = await open();
    await image(view, 2).click();
    assert.equal((await view.sent()).filter(({ about }) => about === "picture").length, 0);
    const serve = async (): Promise<void> => {
      for (const { ask } of (await view.sent()).filter(({ about }) => about === "picture")) {
        const facts = {
          path: "/data/cup-2.jpg",
          problem: "",
          width: 60,
          height: 30,
          format: "png",
          fileSize: 1234,
        };
        await view.receive({ answer: ask, content: facts }, [[...picture]]);
      }
    };
    await view.page.getByRole("button", { name: "Zoom", exact: true }).click();
    const dialog = view.page.getByRole("dialog", { name: "cup-2.jpg" });
    await dialog.getByText("Loading").waitFor();
    await serve();
    const shown = dialog.getByRole("img", { name: "cup-2.jpg" });
    await shown.waitFor();
    await dialog.getByText("1,234 bytes").waitFor();
    const width = async (): Promise<number> => (await shown.boundingBox())!.width;
    const whole = await width();
    assert.equal(Math.round(whole), 480, "a small picture is enlarged eightfold");
    const place = (await shown.boundingBox())!;
    const pointer = { x: place.x + place.width / 4, y: place.y + place.height / 2 };
    await view.page.mouse.move(pointer.x, pointer.y);
    await view.page.mouse.wheel(0, -300);
    await view.page.waitForFunction(
      (before) => document.querySelector("dialog img")!.getBoundingClientRect().width > 2 * before,
      whole,
    );
    const larger = (await shown.boundingBox())!;
    assert.ok(
      Math.abs((pointer.x - larger.x) / larger.width - 0.25) < 0.01,
      "what is below the pointer stays there",
    );
    await view.page.mouse.down();
    await view.page.mouse.move(pointer.x + 50, pointer.y);
    await view.page.mouse.up();
    assert.ok(Math.abs((await shown.boundingBox())!.x - larger.x - 50) < 1, "it follows the pointer");
    await view.page.keyboard.press("Home");
    assert.equal(await width(), whole);
    await view.page.keyboard.press("+");
    assert.ok((await width()) > whole);
    await view.page.keyboard.press("-");
    await view.page.keyboard.press("1");
    assert.deepEqual(await edits(view), [{ action: "setLabel", ids: ["cup/cup-2.jpg"], label: "bowl" }]);
    await view.page.keyboard.press("ArrowRight");
    await view.page.getByRole("dialog", { name: "cup-3.jpg" }).waitFor();
    await serve();
    await view.page.getByRole("button", { name: "Previous", exact: true }).click();
    await dialog.waitFor();
    await view.page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    await view.page.close();
  });

  for (const theme of themes) {
    test(`nothing overlaps and axe finds nothing, theme ${theme}`, async () => {
      const several = [
        row("cup/cup-1.jpg", "cup"),
        row("cup/a-name-as-long-as-those-of-some-cameras-2026-11-25-00-00-00.jpg", "cup", { edited: true }),
        row("cup/cup-3.jpg", "cup", { excluded: true }),
        row("cup/cup-4.jpg", "cup", { problem: "/data/cup-4.jpg: the file is empty. Delete it." }),
        ...rows.slice(4),
      ];
      const labels = ["bowl", "cup", "plate", "a label with many words", ...Array.from("abcdefghijk")];
      const counts = labels.map((_, i) => 10 ** (i % 6));
      const said = "cup-1.jpg is now cup. Undo: Ctrl+Z";
      const trouble = "/data/sightbook.labels.json: could not be written (the disk is full).";
      const state = { rows: several, labels, counts, canUndo: true, said, trouble };
      const view = await open(state, { theme });
      const { page } = view;
      await image(view, 1).click();
      for (const width of [400, 900, 2000]) {
        await page.setViewportSize({ width, height: 900 });
        assert.deepEqual(await layoutFaults(page), [], `${width} px`);
      }
      assert.deepEqual(await accessibilityFaults(page), []);
      await page.keyboard.press("?");
      await page.getByRole("dialog", { name: "Keys" }).waitFor();
      assert.deepEqual(await accessibilityFaults(page), []);
      await page.keyboard.press("Escape");
      await page.getByRole("dialog", { name: "Keys" }).waitFor({ state: "detached" });
      await page.keyboard.press("Enter");
      await page.getByRole("dialog", { name: "cup-1.jpg" }).waitFor();
      for (const { ask } of (await view.sent()).filter(({ about }) => about === "picture")) {
        const facts = {
          path: "/data/cup-1.jpg",
          problem: "",
          width: 60,
          height: 30,
          format: "png",
          fileSize: 9,
        };
        await view.receive({ answer: ask, content: facts }, [[...picture]]);
      }
      await page.getByRole("button", { name: "Whole picture" }).waitFor();
      assert.deepEqual(await accessibilityFaults(page), []);
      await page.close();
    });
  }
});
