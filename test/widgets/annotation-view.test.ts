import assert from "node:assert/strict";
import test, { after, before, describe } from "node:test";

import type { Browser } from "playwright-core";

import { launchChromium } from "../browser/chromium.js";
import { openView } from "./view-page.js";

describe("the annotation view, alone", () => {
  let browser: Browser;
  before(async () => {
    browser = await launchChromium();
  });
  after(() => browser.close());

  test("shows its images with their labels and asks for their pictures once", async () => {
    const view = await openView(browser, "AnnotationView", {
      labels: ["bowl", "cup"],
      counts: [1, 1],
      page: 0,
      pageCount: 1,
      rows: [
        { id: "bowl/1.jpg", name: "1.jpg", labels: ["bowl"] },
        { id: "cup/2.jpg", name: "2.jpg", labels: ["cup"] },
      ],
    });
    const images = view.page
      .getByRole("region", { name: "Annotation" })
      .getByRole("listbox", { name: "Images" });
    await images.getByRole("option", { name: "1.jpg, bowl" }).waitFor();
    assert.equal(await images.getByRole("option").count(), 2);
    const questions = await view.sent();
    assert.equal(questions.length, 1);
    assert.equal(questions[0]!.about, "thumbnails");
    assert.deepEqual((questions[0]!.content as { ids: string[] }).ids, ["bowl/1.jpg", "cup/2.jpg"]);
  });
});
