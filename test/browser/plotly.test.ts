import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import test, { after, before, describe } from "node:test";

import type { Browser, Locator, Page } from "playwright-core";

import { ClassificationEvaluation, plots } from "../../src/index.js";
import { notebookOf } from "../notebook-of.js";
import { temporaryFolder } from "../support.js";
import { launchChromium, patienceMs } from "./chromium.js";
import { skipWithoutJupyter, startJupyterLab, type RunningLab } from "./jupyterlab.js";

const evaluation = new ClassificationEvaluation({
  labels: ["bowl", "cup", "plate"],
  labelIndices: [0, 0, 1, 1, 2, 2],
  scores: [
    [8, 1, 1],
    [4, 5, 1],
    [1, 8, 1],
    [2, 7, 1],
    [1, 1, 8],
    [6, 1, 3],
  ]
    .flat()
    .map((tenths) => tenths / 10),
});
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
  plots.rocCurve(evaluation).plotly,
  plots.confusionMatrix(evaluation).plotly,
  { data: "no traces", layout: {} },
];

describe("Plotly figures", { skip: skipWithoutJupyter }, () => {
  const folder = temporaryFolder();
  let browser: Browser | undefined;
  before(async () => {
    const cells = figures.map((figure) => {
      const data = { "application/vnd.plotly.v1+json": figure, "text/plain": "a figure" };
      return { source: "", outputs: [{ output_type: "display_data", metadata: {}, data }] };
    });
    writeFileSync(join(folder, "plots.ipynb"), notebookOf(cells));
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
        const drawn = page.locator(".sightbook-plotly.js-plotly-plot");
        await drawn.nth(3).locator(".main-svg .xaxislayer-above text").first().waitFor();
        await checkColors(page, theme);
        const paper = drawn.first().locator(".main-svg").first();
        const width = () => paper.evaluate((svg) => svg.getBoundingClientRect().width);
        const before = await width();
        await page.setViewportSize({ width: 900, height: 2400 });
        await page.waitForFunction(
          (old) =>
            document.querySelector(".sightbook-plotly .main-svg")!.getBoundingClientRect().width < old - 100,
          before,
        );
        await page.getByText("This Plotly figure cannot be drawn: the figure must be an object").waitFor();
        if (app === "lab") {
          await page.getByRole("menuitem", { name: "Settings", exact: true }).click();
          const menu = page.locator(".lm-Menu");
          await menu.getByText("Theme", { exact: true }).hover();
          await menu.getByText("JupyterLab Light", { exact: true }).click();
          await checkColors(page, "light");
        }
      } finally {
        await lab?.stop();
      }
    });
  }
});

/** The library's curve and matrix, the third and fourth figure, are drawn in the theme's ground and ink, the matrix legibly. */
async function checkColors(page: Page, theme: "light" | "dark"): Promise<void> {
  const [curve, matrix] = [2, 3].map((i) => page.locator(".sightbook-plotly").nth(i)) as [Locator, Locator];
  const brightness = (of: Locator, property: "backgroundColor" | "stroke" | "fill"): Promise<number[]> =>
    of.evaluateAll(
      (elements, name) => elements.map((element) => Number(/\d+/.exec(getComputedStyle(element)[name])![0])),
      property,
    );
  const expectAll = (values: readonly number[], isBright: boolean, what: string): void => {
    assert.ok(values.length > 0, `${what} is there`);
    for (const value of values)
      assert.equal(value > 128, isBright, `${what} in ${theme}: ${values.join(" ")}`);
  };
  const isDark = theme === "dark";
  // A page opens in the light theme, and each figure is drawn again when the theme has come.
  await page.waitForFunction(
    (dark) =>
      [...document.querySelectorAll(".sightbook-plotly .main-svg:first-child")].every(
        (paper) => Number(/\d+/.exec(getComputedStyle(paper).backgroundColor)![0]) < 128 === dark,
      ),
    isDark,
  );
  for (const figure of [curve, matrix]) {
    expectAll(await brightness(figure.locator(".main-svg").first(), "backgroundColor"), !isDark, "paper");
    expectAll(await brightness(figure.locator(".gtitle, .xtick text, .legendtext"), "fill"), isDark, "text");
  }
  // Drawn last: the averages.
  const averages = curve.locator(".scatterlayer .trace:nth-last-child(-n+2) .js-line");
  expectAll(await brightness(averages, "stroke"), isDark, "average");
  const counts = matrix.locator(".heatmaplayer .heatmap-label tspan");
  assert.deepEqual(await counts.allTextContents(), ["1", "1", "0", "0", "2", "0", "1", "0", "1"]);
  const isWhite = (await brightness(counts, "fill")).map((value) => value > 128);
  const isOnBright = [0, 0, 0, 0, 1, 0, 0, 0, 0].map((share) => (share === 1) === isDark);
  assert.deepEqual(
    isWhite.map((white) => !white),
    isOnBright,
  );
}
