import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import test, { after, before, describe } from "node:test";

import type { Browser } from "playwright-core";

import { temporaryFolder } from "../support.js";
import { launchChromium, patienceMs } from "./chromium.js";
import { skipWithoutJupyter, startJupyterLab, type RunningLab } from "./jupyterlab.js";

const figures = [
  { data: [{ type: "scatter", x: [1, 2, 3], y: [3, 1, 2] }] },
  {
    data: [
      {
        type: "scatter",
        mode: "markers",
        x: Array.from({ length: 20_000 }, (_, i) => i),
        y: Array.from({ length: 20_000 }, (_, i) => Math.sin(i / 500)),
      },
    ],
    layout: {},
  },
  { data: "no traces", layout: {} },
];

describe("Plotly figures", { skip: skipWithoutJupyter }, () => {
  const folder = temporaryFolder();
  let browser: Browser | undefined;
  before(async () => {
    const cells = figures.map((figure, i) => ({
      cell_type: "code",
      id: `figure-${i}`,
      execution_count: 1,
      metadata: {},
      source: "",
      outputs: [
        {
          output_type: "display_data",
          metadata: {},
          data: { "application/vnd.plotly.v1+json": figure, "text/plain": "a figure" },
        },
      ],
    }));
    const kernelspec = { name: "sightbook", display_name: "TypeScript (Sightbook)", language: "typescript" };
    const notebook = { cells, metadata: { kernelspec }, nbformat: 4, nbformat_minor: 5 };
    writeFileSync(join(folder, "plots.ipynb"), JSON.stringify(notebook));
    browser = await launchChromium();
  });
  after(() => browser?.close());

  for (const [theme, app] of [
    ["dark", "lab"],
    ["light", "notebook"],
  ] as const) {
    test(`are drawn in the ${theme} theme of ${app}, at its width, and say what is wrong`, async () => {
      let lab: RunningLab | undefined;
      try {
        lab = await startJupyterLab(folder, { theme });
        const page = await browser!.newPage({ viewport: { width: 1200, height: 2400 } });
        page.setDefaultTimeout(patienceMs);
        await page.goto(app === "lab" ? lab.notebookUrl("plots.ipynb") : lab.notebook7Url("plots.ipynb"));
        const plots = page.locator(".sightbook-plotly.js-plotly-plot");
        await plots.nth(1).locator(".main-svg .xaxislayer-above text").first().waitFor();
        const paper = plots.first().locator(".main-svg").first();
        const background = () => paper.evaluate((svg) => getComputedStyle(svg).backgroundColor);
        const [red] = /\d+/.exec(await background())!;
        assert.equal(Number(red) < 64, theme === "dark", await background());
        const width = () => paper.evaluate((svg) => svg.getBoundingClientRect().width);
        const before = await width();
        await page.setViewportSize({ width: 900, height: 2400 });
        await page.waitForFunction(
          (old) =>
            document.querySelector(".sightbook-plotly .main-svg")!.getBoundingClientRect().width < old - 100,
          before,
        );
        await page.getByText("This Plotly figure cannot be drawn: the figure must be an object").waitFor();
      } finally {
        await lab?.stop();
      }
    });
  }
});
