import assert from "node:assert/strict";
import test, { after, before, describe } from "node:test";

import type { Browser } from "playwright-core";

import type { MonitorState } from "../../widgets/state/index.js";
import { launchChromium } from "../browser/chromium.js";
import { exampleWidgets } from "./example-states.js";
import { accessibilityFaults, layoutFaults, themes } from "./looks.js";
import { openView } from "./view-page.js";

const running: MonitorState = {
  region: "Training",
  title: "ResNet18 learns 4 labels from 41 images",
  phase: "running",
  message: "Training epoch 2 of 8",
  stopMessage: "Stopping after this step",
  bars: [
    { name: "Epoch", done: 1.5, total: 8, text: "2 of 8" },
    { name: "Batch", done: 5, total: 10, text: "5 of 10" },
  ],
  facts: [["Engine", "TensorFlow on CPU"]],
  charts: [
    {
      title: "Loss",
      xTitle: "Epoch",
      xDomain: [0, 8],
      lines: [
        { name: "batches", x: [0.5, 1, 1.5], y: [1.4, 1.2, 1.1], faint: true },
        { name: "training", x: [1], y: [1.3] },
        { name: "validation", x: [1], y: [1.5] },
      ],
    },
  ],
  table: { columns: ["Epoch", "Training loss"], rows: [["1", "1.3000"]] },
  notes: [],
  elapsedSeconds: 65,
  secondsLeft: 130,
};

const underLoad = exampleWidgets["load-test"].state;

describe("the monitor's view, alone", () => {
  let browser: Browser;
  before(async () => {
    browser = await launchChromium();
  });
  after(() => browser.close());

  test("shows how far the work is, the time left, and its curves in words", async () => {
    const view = await openView(browser, "MonitorView", running);
    const region = view.page.getByRole("region", { name: "Training" });
    const epoch = region.getByRole("progressbar", { name: "Epoch" });
    await epoch.waitFor();
    assert.equal(await epoch.getAttribute("aria-valuenow"), "1");
    assert.equal(await epoch.getAttribute("aria-valuetext"), "2 of 8");
    assert.match(await region.innerText(), /Elapsed\s+1:05 min\s+Time left\s+2:10 min/);
    await region.getByRole("img", { name: "Loss: training 1.3, validation 1.5" }).waitFor();
    await view.set({
      bars: running.bars.map((bar) => (bar.name === "Batch" ? { ...bar, done: 7, text: "7 of 10" } : bar)),
    });
    await region.getByText("7 of 10").waitFor();
    assert.equal(
      await region.getByRole("progressbar", { name: "Batch" }).getAttribute("aria-valuetext"),
      "7 of 10",
    );
  });

  test("the button asks the kernel to stop, once", async () => {
    const view = await openView(browser, "MonitorView", running);
    const stop = view.page.getByRole("button", { name: "Stop" });
    await stop.click();
    assert.deepEqual(await view.sent(), [{ stop: true }]);
    await view.set({ phase: "stopping" });
    await view.page.getByText("Stopping after this step").waitFor();
    assert.equal(await stop.isDisabled(), true);
    await view.set({ phase: "stopped", message: "Stopped after 1 of 8 epochs; the model keeps epoch 1." });
    await view.page.getByText("the model keeps epoch 1").waitFor();
    assert.equal(await stop.count(), 0);
  });

  test("a load test: rates with one digit, what the server spent over time, failures in words", async () => {
    const { page } = await openView(browser, "MonitorView", {
      ...underLoad,
      charts: [
        {
          ...underLoad.charts[0]!,
          lines: [
            { name: "answers", x: [0.5, 1.5], y: [101, 98.25] },
            { name: "failed", x: [0.5, 1.5], y: [0, 2] },
          ],
        },
        {
          ...underLoad.charts[2]!,
          lines: [
            { name: "queue", x: [0.5, 1.5], y: [0.25, 40] },
            { name: "inference", x: [0.5, 1.5], y: [9, null] },
          ],
        },
      ],
    });
    const region = page.getByRole("region", { name: "Load test" });
    await region.getByRole("img", { name: "Per second: answers 98.25, failed 2" }).waitFor();
    await region.getByRole("img", { name: "In the server, p50 (ms): queue 40, inference nothing" }).waitFor();
    const captions = region.locator("figcaption");
    assert.match(await captions.nth(0).innerText(), /answers\s*98\.3\s*failed\s*2\.0/);
    assert.match(await captions.nth(1).innerText(), /queue\s*40\.0\s*inference\s*–/);
    assert.equal(
      await region.getByRole("progressbar", { name: "Time" }).getAttribute("aria-valuetext"),
      "4 of 10 s",
    );
    await region.getByText("24 × status 503").waitFor();
    assert.match(await region.innerText(), /inference, p50 and p99\s+9\.20 ms, 31\.0 ms/);
  });

  for (const theme of themes) {
    test(`nothing overlaps and axe finds nothing, theme ${theme}`, async () => {
      const states = [
        ...(["running", "finished", "failed"] as const).map((phase) => ({ ...running, phase })),
        underLoad,
        { ...underLoad, phase: "finished" as const },
      ];
      for (const state of states) {
        const { page } = await openView(browser, "MonitorView", state, { theme });
        await page.getByRole("region", { name: state.region }).waitFor();
        for (const width of [400, 900, 2000]) {
          await page.setViewportSize({ width, height: 900 });
          assert.deepEqual(await layoutFaults(page), [], `${width} px`);
        }
        assert.deepEqual(await accessibilityFaults(page), []);
        await page.close();
      }
    });
  }
});
