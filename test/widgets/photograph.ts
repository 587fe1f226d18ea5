import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";

import type { Browser, Page } from "playwright-core";

import { thumbnail } from "../../src/images/index.js";
import {
  aboutPicture,
  aboutThumbnails,
  type PictureFacts,
  type PictureQuestion,
  type ThumbnailsQuestion,
} from "../../widgets/state/index.js";
import { goldenPath } from "../support.js";
import { exampleWidgets, tableware, type WidgetName } from "./example-states.js";
import { furtherLooks } from "./further-looks.js";
import { openView, type ViewPage } from "./view-page.js";

/** What is photographed: a widget in its example state or after something more, and how. */
export interface Look {
  readonly widget: WidgetName;
  readonly theme: "light" | "dark";
  /** Of the window, in pixels. */
  readonly width: number;
  readonly height?: number;
  /** The name of what is more than the example state. */
  readonly further?: string;
  readonly state?: object;
  readonly hasKernel?: boolean;
  readonly steps?: readonly ((page: Page) => Promise<void>)[];
}

/** All that there is a golden picture of. */
export const looks: readonly Look[] = (Object.keys(exampleWidgets) as WidgetName[]).flatMap((widget) => [
  ...(["light", "dark"] as const).flatMap((theme) => [400, 1200].map((width) => ({ widget, theme, width }))),
  ...(furtherLooks[widget] ?? []).map((look) => ({ widget, ...look })),
]);

export function lookPath({ widget, theme, width, further }: Look, ending = ""): string {
  const name = further === undefined ? widget : `${widget}-${further}`;
  return goldenPath(join("widgets", `${name}-${width}-${theme}${ending}.png`));
}

const require = createRequire(import.meta.url);

/** One typeface for all text, carried along: letters are as wide on a machine that has other fonts, or none. */
const typeface = [400, 700]
  .map((weight) => {
    const file = require.resolve(`@fontsource/arimo/files/arimo-latin-${weight}-normal.woff2`);
    const bytes = readFileSync(file).toString("base64");
    return `@font-face { font-family: Carried; font-weight: ${weight}; src: url(data:font/woff2;base64,${bytes}); }`;
  })
  .concat("*, *::before, *::after { font-family: Carried !important; }")
  .join("\n");

/** Draws the view and waits until all of it is there, pictures and plots too. */
export async function openLook(browser: Browser, look: Look): Promise<ViewPage> {
  const { widget, theme, width, height = 900, state, hasKernel = true, steps = [] } = look;
  const { view: name, state: example } = exampleWidgets[widget];
  const options = { width, height, theme, style: typeface, hasKernel };
  const view = await openView(browser, name, { ...example, ...state }, options);
  if (widget === "precision-recall")
    await view.page.locator(".xtick, .sightbook-tradeoff .sightbook-empty").first().waitFor();
  await view.page.evaluate(() => document.fonts.ready);
  await settle(view);
  for (const step of steps) {
    await step(view.page);
    await settle(view);
  }
  return view;
}

/** Waits until all that the view asks for is there and drawn. */
async function settle(view: ViewPage): Promise<void> {
  for (let quietTurns = 0; quietTurns < 5; quietTurns++) {
    if (await servePictures(view)) quietTurns = 0;
    await view.page.evaluate(async () => {
      await Promise.all([...document.images].map((image) => image.decode()));
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    });
  }
}

/** Answers what the view asks for as its host would; whether it asked for anything. */
async function servePictures(view: ViewPage): Promise<boolean> {
  const questions = await view.sent();
  for (const { ask, about, content } of questions) {
    if (about === aboutPicture) {
      const { id } = content as PictureQuestion;
      const bytes = await readFile(join(tableware, id));
      const size = { width: 640, height: 480, format: "jpeg", fileSize: bytes.length };
      const facts: PictureFacts = { path: `/data/tableware/${id}`, problem: "", ...size };
      await view.receive({ answer: ask, content: facts }, [[...bytes]]);
      continue;
    }
    if (about !== aboutThumbnails) continue;
    const { ids, size } = content as ThumbnailsQuestion;
    const pictures = await Promise.all(ids.map((id) => thumbnail(join(tableware, id), size)));
    await view.receive(
      { answer: ask, content: { abandoned: false } },
      pictures.map((bytes) => [...bytes]),
    );
  }
  return questions.length > 0;
}

/** The widget on the page as a PNG; a window that it opened, alone. */
export function photograph({ page }: ViewPage): Promise<Buffer> {
  const shown = page.locator("dialog[open], .sightbook-widget:not(:has(dialog[open]))");
  return shown.screenshot({ animations: "disabled", caret: "hide" });
}
