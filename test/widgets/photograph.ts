import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

import type { Browser } from "playwright-core";

import { thumbnail } from "../../src/images/index.js";
import { aboutThumbnails, type ThumbnailsQuestion } from "../../widgets/state/index.js";
import { goldenPath } from "../support.js";
import { exampleWidgets, tableware, type WidgetName } from "./example-states.js";
import { themeStyle } from "./looks.js";
import { openView, type ViewPage } from "./view-page.js";

/** What is photographed: a widget in its example state, and how. */
export interface Look {
  readonly widget: WidgetName;
  readonly theme: "light" | "dark";
  /** Of the window, in pixels. */
  readonly width: number;
}

/** All that there is a golden picture of. */
export const looks: readonly Look[] = (Object.keys(exampleWidgets) as WidgetName[]).flatMap((widget) =>
  (["light", "dark"] as const).flatMap((theme) => [400, 1200].map((width) => ({ widget, theme, width }))),
);

export function lookPath({ widget, theme, width }: Look, ending = ""): string {
  return goldenPath(join("widgets", `${widget}-${width}-${theme}${ending}.png`));
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
export async function openLook(browser: Browser, { widget, theme, width }: Look): Promise<ViewPage> {
  const style = `${themeStyle(theme)} ${typeface}`;
  const { view: name, state } = exampleWidgets[widget];
  const view = await openView(browser, name, state, { width, height: 900, style });
  if (widget === "precision-recall") await view.page.locator(".xtick").first().waitFor();
  await view.page.evaluate(() => document.fonts.ready);
  for (let quietTurns = 0; quietTurns < 5; quietTurns++) {
    if (await servePictures(view)) quietTurns = 0;
    await view.page.evaluate(async () => {
      await Promise.all([...document.images].map((image) => image.decode()));
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    });
  }
  return view;
}

/** Answers what the view asks for as its host would; whether it asked for anything. */
async function servePictures(view: ViewPage): Promise<boolean> {
  const questions = (await view.sent()).filter(({ about }) => about === aboutThumbnails);
  for (const { ask, content } of questions) {
    const { ids, size } = content as ThumbnailsQuestion;
    const pictures = await Promise.all(ids.map((id) => thumbnail(join(tableware, id), size)));
    await view.receive(
      { answer: ask, content: { abandoned: false } },
      pictures.map((bytes) => [...bytes]),
    );
  }
  return questions.length > 0;
}

/** The widget on the page as a PNG. */
export function photograph({ page }: ViewPage): Promise<Buffer> {
  return page.locator(".sightbook-widget").screenshot({ animations: "disabled", caret: "hide" });
}
