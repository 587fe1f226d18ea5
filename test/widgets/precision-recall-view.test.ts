import assert from "node:assert/strict";
import test, { after, before, describe } from "node:test";

import type { Browser } from "playwright-core";

import type { PrecisionRecallState } from "../../widgets/state/index.js";
import { launchChromium } from "../browser/chromium.js";
import { accessibilityFaults, layoutFaults, themes } from "./looks.js";
import { openView } from "./view-page.js";

const state: PrecisionRecallState = {
  labels: ["bowl", "cup"],
  size: 6,
  choice: { of: 1, threshold: 0.5 },
  thresholds: [0, 0.5, 0],
  curve: {
    of: 1,
    thresholds: [0.1, 0.4, 0.5, 0.8, 0.9],
    precision: [0.5, 0.6, 0.75, 1, 1],
    recall: [1, 1, 1, 0.667, 0.333],
    averagePrecision: 0.917,
  },
  point: {
    of: 1,
    threshold: 0.5,
    precision: 0.75,
    recall: 1,
    f1: 0.857,
    truePositives: 3,
    falsePositives: 1,
    falseNegatives: 0,
    trueNegatives: 2,
  },
  cells: [
    [0, 0, 2],
    [0, 1, 1],
    [1, 1, 3],
  ],
  decided: 6,
  right: 5,
  hasModel: false,
};

describe("the precision-recall view, alone", () => {
  let browser: Browser;
  before(async () => {
    browser = await launchChromium();
  });
  after(() => browser.close());

  test("shows the figures by their names, and the decisions with an unknown column", async () => {
    const { page } = await openView(browser, "PrecisionRecallView", state);
    const region = page.getByRole("region", { name: "Precision and recall" });
    for (const [name, text] of Object.entries({
      Precision: "0.750",
      Recall: "1.000",
      F1: "0.857",
      "False positives": "1",
    })) {
      assert.equal(await region.getByRole("status", { name, exact: true }).innerText(), text);
    }
    assert.equal(
      await region.getByRole("status", { name: "Decided", exact: true }).innerText(),
      "6 (100.0 %)",
    );
    await region.getByRole("columnheader", { name: "unknown" }).waitFor();
    await page.close();
  });

  test("the slider steps along the curve's own thresholds", async () => {
    const view = await openView(browser, "PrecisionRecallView", state);
    const { page } = view;
    const slider = page.getByRole("slider", { name: "Threshold" });
    const threshold = async (): Promise<unknown> =>
      ((await view.state())["choice"] as { threshold: number }).threshold;
    await slider.press("ArrowRight");
    assert.equal(await threshold(), 0.8);
    await slider.press("ArrowUp");
    assert.equal(await threshold(), 0.9);
    await slider.press("ArrowRight");
    assert.equal(await threshold(), 1);
    await slider.press("ArrowLeft");
    assert.equal(await threshold(), 0.9);
    await slider.press("Home");
    assert.equal(await threshold(), 0);
    await slider.fill("0.7");
    assert.equal(await threshold(), 0.7);
    assert.equal(await slider.getAttribute("aria-valuetext"), "0.7000");
    await page.close();
  });

  test("a drag along the curve chooses the nearest point's threshold, and the slider follows", async () => {
    const view = await openView(browser, "PrecisionRecallView", state);
    const { page } = view;
    const plot = page.getByRole("img", { name: /^Precision-recall curve of cup/ });
    await plot.locator(".xtick").first().waitFor();
    const box = (await plot.boundingBox())!;
    // The axes as they are drawn say where a point is.
    const at = async (recall: number, precision: number): Promise<[number, number]> => {
      const axis = async (name: string): Promise<number[]> =>
        plot.locator(`.${name}tick text`).evaluateAll(
          (ticks, isX) =>
            ticks.map((tick) => {
              const { x, y, width, height } = tick.getBoundingClientRect();
              return isX ? x + width / 2 : y + height / 2;
            }),
          name === "x",
        );
      const [x, y] = [await axis("x"), await axis("y")];
      return [x[0]! + recall * (x.at(-1)! - x[0]!), y[0]! + precision * (y.at(-1)! - y[0]!)];
    };
    const threshold = async (): Promise<unknown> =>
      ((await view.state())["choice"] as { threshold: number }).threshold;
    assert.ok(box.height > 200);
    await page.mouse.move(...(await at(0.96, 0.77)));
    await page.mouse.down();
    assert.equal(await threshold(), 0.5);
    await page.mouse.move(...(await at(0.65, 0.95)), { steps: 4 });
    assert.equal(await threshold(), 0.8);
    await page.mouse.move(...(await at(0.3, 0.9)), { steps: 4 });
    assert.equal(await threshold(), 0.9);
    await page.mouse.up();
    await page.mouse.move(...(await at(1, 0.5)));
    assert.equal(await threshold(), 0.9);
    assert.equal(await page.getByRole("slider", { name: "Threshold" }).inputValue(), "0.9");
    await page.close();
  });

  test("another label comes with the threshold it has", async () => {
    const view = await openView(browser, "PrecisionRecallView", state);
    await view.page.getByLabel("Label", { exact: true }).selectOption("bowl");
    assert.deepEqual((await view.state())["choice"], { of: 0, threshold: 0 });
    await view.page.getByLabel("Label", { exact: true }).selectOption("micro average");
    assert.deepEqual((await view.state())["choice"], { of: 2, threshold: 0 });
    await view.page.getByText("The labels have thresholds of their own").waitFor();
    await view.page.close();
  });

  test("a goal is asked of the kernel, and what it says is shown", async () => {
    const view = await openView(browser, "PrecisionRecallView", state);
    await view.page.getByRole("spinbutton", { name: "Precision of at least" }).fill("0.9");
    await view.page.getByRole("button", { name: "Highest recall" }).click();
    const [question] = await view.sent();
    assert.deepEqual(question!.content, { of: 1, goal: { precision: 0.9 } });
    await view.receive({ answer: question!.ask, error: "No threshold of cup gives a precision of 0.9." });
    await view.page.getByText("No threshold of cup gives a precision of 0.9.").waitFor();
    await view.page.close();
  });

  test("a label without test images has no curve, and says so", async () => {
    const view = await openView(browser, "PrecisionRecallView", {
      ...state,
      curve: { of: 1, thresholds: [], precision: [], recall: [], averagePrecision: null },
      point: { ...state.point, recall: null },
    });
    await view.page.getByText("No test image of cup").waitFor();
    assert.equal(await view.page.getByRole("status", { name: "Recall", exact: true }).innerText(), "–");
    await view.page.close();
  });

  for (const theme of themes) {
    test(`nothing overlaps and axe finds nothing, theme ${theme}`, async () => {
      const { page } = await openView(browser, "PrecisionRecallView", state, { theme });
      await page.locator(".xtick").first().waitFor();
      for (const width of [400, 900, 2000]) {
        await page.setViewportSize({ width, height: 900 });
        assert.deepEqual(await layoutFaults(page), [], `${width} px`);
      }
      assert.deepEqual(await accessibilityFaults(page), []);
      await page.close();
    });
  }
});
