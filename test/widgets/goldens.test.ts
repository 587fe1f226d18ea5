/**
 * Every widget's view against a picture of it, in light and dark, narrow and wide. A change that is meant is made the new
 * golden picture by `npm run goldens`.
 */
import assert from "node:assert/strict";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { relative } from "node:path";
import test, { after, before, describe } from "node:test";

import type { Browser } from "playwright-core";

import { launchChromium } from "../browser/chromium.js";
import { skipWithoutJupyter } from "../browser/jupyterlab.js";
import { repositoryRoot } from "../support.js";
import { lookPath, looks, openLook, photograph, type Look } from "./photograph.js";
import { comparePictures } from "./picture-difference.js";

// The themes are JupyterLab's own.
describe("the looks of the widgets", { skip: skipWithoutJupyter }, () => {
  let browser: Browser;
  before(async () => {
    browser = await launchChromium();
  });
  after(() => browser.close());

  for (const look of looks) {
    const name = [look.widget, look.further].filter(Boolean).join(" ");
    test(`${name}, ${look.theme}, ${look.width} px wide`, async () => {
      const view = await openLook(browser, look);
      const picture = await photograph(view);
      await view.page.close();
      const { text, picture: difference } = await comparePictures(readFileSync(lookPath(look)), picture);
      const [changed, where] = [lookPath(look, "-changed"), lookPath(look, "-difference-changed")];
      for (const path of [changed, where]) rmSync(path, { force: true });
      if (text === "") return;
      writeFileSync(changed, picture);
      if (difference !== undefined) writeFileSync(where, difference);
      const seen = relative(repositoryRoot, changed);
      assert.fail(`${text} See ${seen}; npm run goldens takes it over when it is meant.`);
    });
  }

  const look: Look = { widget: "annotation", theme: "light", width: 400 };
  const changes: readonly (readonly [name: string, css: string, says: RegExp])[] = [
    ["a button 20 px off its place", 'button[aria-label="Undo"] { translate: 20px }', /pixels of a square/],
    ["a button that is gone", 'button[aria-label="Undo"] { visibility: hidden }', /pixels of a square/],
    ["an icon that is gone", 'button[aria-label="Keys"] svg { visibility: hidden }', /pixels of a square/],
    ["a slightly other background", ".sightbook-widget { background: #f4f4f4 }", /another colour/],
    ["a taller row", ".sightbook-toolbar { padding-bottom: 4px }", /pixels large, not/],
  ];
  test("the tolerance lets no real change pass", async () => {
    const view = await openLook(browser, look);
    const golden = readFileSync(lookPath(look));
    for (const [name, css, says] of changes) {
      const style = await view.page.addStyleTag({ content: css });
      const { text } = await comparePictures(golden, await photograph(view));
      assert.match(text, says, name);
      await style.evaluate((element) => {
        (element as Element).remove();
      });
    }
    assert.deepEqual((await comparePictures(golden, await photograph(view))).text, "");
    await view.page.close();
  });
});
