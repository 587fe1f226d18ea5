import { createRequire } from "node:module";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import type { Page } from "playwright-core";

import { repositoryRoot } from "../support.js";

const jupyterFolder = join(repositoryRoot, ".venv", "share", "jupyter");
const themeFolder = join(jupyterFolder, "lab", "themes", "@jupyterlab");
/** The rules that JupyterLab's own pages hold for outputs, as nbconvert carries them. */
const outputRules = join(jupyterFolder, "nbconvert", "templates", "lab", "static", "index.css");

/** The looks that every view must bear: JupyterLab's own themes where it is installed, and none. */
export const themes = ["light", "dark", "none"] as const;

export type Theme = (typeof themes)[number];

/**
 * JupyterLab's variables in one of its themes, its rules for what lies in an output, and the page's background; empty for
 * none, or without JupyterLab.
 */
export function themeStyle(theme: Theme): string {
  const path = join(themeFolder, `theme-${theme}-extension`, "index.css");
  if (!existsSync(path)) return "";
  return `${readFileSync(path, "utf8")} ${readFileSync(outputRules, "utf8")} body { background: var(--jp-layout-color0); }`;
}

const axePath = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

/** What axe-core finds wrong with what is on the page, as "rule: element" lines. */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  // Hidden from it, the page's module loader is left alone.
  await page.evaluate(`(function (define) { ${readFileSync(axePath, "utf8")} })()`);
  return page.evaluate(async () => {
    interface Axe {
      run(
        what: string,
      ): Promise<{ violations: { id: string; nodes: { html: string; failureSummary: string }[] }[] }>;
    }
    const { violations } = await (window as unknown as { axe: Axe }).axe.run(".sightbook-widget");
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)} ${failureSummary}`),
    );
  });
}

/** Controls and texts that lie on each other or stick out of the widget, as sentences. */
export async function layoutFaults(page: Page): Promise<string[]> {
  return page.evaluate(async () => {
    // What measures its place does so in the frame after a change of the window.
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    const region = document.querySelector(".sightbook-widget")!;
    const frame = region.getBoundingClientRect();
    const isCut = (part: Element | null): boolean =>
      part !== null &&
      part !== region &&
      (getComputedStyle(part).overflowX !== "visible" || isCut(part.parentElement));
    const parts = [
      ...region.querySelectorAll<HTMLElement>("button, select, input, output, label, dd, dt, th"),
    ].filter((part) => {
      const { width, height } = part.getBoundingClientRect();
      // What scrolls inside its own frame may be cut there; a control on a picture is there on purpose.
      const isInFrame = part.closest(".sightbook-range") !== null || isCut(part.parentElement);
      return width > 1 && height > 1 && !isInFrame;
    });
    const nameOf = (part: HTMLElement): string =>
      `${part.tagName.toLowerCase()} "${(part.getAttribute("aria-label") ?? part.textContent).slice(0, 30)}"`;
    const faults: string[] = [];
    if (region.scrollWidth > region.clientWidth + 1) faults.push("the widget is wider than its place");
    parts.forEach((part, i) => {
      const box = part.getBoundingClientRect();
      if (box.left < frame.left - 1 || box.right > frame.right + 1) faults.push(`${nameOf(part)} sticks out`);
      for (const other of parts.slice(i + 1)) {
        if (part.contains(other) || other.contains(part)) continue;
        const { left, right, top, bottom } = other.getBoundingClientRect();
        const isApart =
          left >= box.right - 1 || right <= box.left + 1 || top >= box.bottom - 1 || bottom <= box.top + 1;
        if (!isApart) faults.push(`${nameOf(part)} lies on ${nameOf(other)}`);
      }
    });
    return faults;
  });
}
