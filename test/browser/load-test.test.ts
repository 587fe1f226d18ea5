import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test, { after, before, describe } from "node:test";

import type { Browser, Page } from "playwright-core";

import { Deployment } from "../../src/deployment/index.js";
import { writeColourBundle } from "../serving/colour-bundle.js";
import { notebookOf } from "../notebook-of.js";
import { temporaryFolder } from "../support.js";
import { launchChromium } from "./chromium.js";
import { skipWithoutJupyter, startJupyterLab, type RunningLab } from "./jupyterlab.js";
import { openNotebook, runCell } from "./notebook-page.js";

// The kernel finds the deployment there, as any session of the same user does.
process.env["SIGHTBOOK_DATA"] = temporaryFolder();

describe("a load test in JupyterLab, of a local deployment", { skip: skipWithoutJupyter }, () => {
  const folder = temporaryFolder();
  let browser: Browser | undefined;
  let lab: RunningLab | undefined;
  let page: Page;
  before(async () => {
    await new Deployment({ name: "colours", model: await writeColourBundle() }).deploy();
    const cells = [
      `import { Deployment } from "sightbook";
const deployment = await Deployment.open("colours");
const report = await deployment.loadTest({ connections: 2, durationSeconds: 3 });
console.log(report.state);`,
      `const soak = await deployment.loadTest({ rate: 20, durationSeconds: 3600 });
console.log(soak.state, soak.steps.length);`,
    ];
    writeFileSync(join(folder, "load.ipynb"), notebookOf(cells));
    lab = await startJupyterLab(folder);
    browser = await launchChromium();
    page = await browser.newPage({ viewport: { width: 1200, height: 2500 } });
    await openNotebook(page, lab, "load.ipynb");
  });
  after(async () => {
    await browser?.close();
    await lab?.stop();
    await new Deployment({ name: "colours" }).delete();
  });

  test("shows itself while it runs, and ends with its figures", async () => {
    const cell = await runCell(page, 0);
    const region = cell.getByRole("region", { name: "Load test" });
    await region.getByRole("progressbar", { name: "Time" }).waitFor();
    await region.getByRole("button", { name: "Stop" }).waitFor();
    await region
      .getByRole("status")
      .getByText(/^Finished: \d+ requests, none failed\.$/)
      .waitFor();
    await cell.getByText("finished", { exact: true }).waitFor();
    await region.getByRole("img", { name: /^Per second: answers [\d.]+, failed 0$/ }).waitFor();
    await region.getByRole("img", { name: /^Latency \(ms\): p50 [\d.]+, p90 [\d.]+, p99 [\d.]+$/ }).waitFor();
    for (const title of ["In the server, p50 \\(ms\\)", "In the server, p99 \\(ms\\)"]) {
      const name = new RegExp(`^${title}: queue [\\d.]+, decode [\\d.]+, inference [\\d.]+$`);
      await region.getByRole("img", { name }).waitFor();
    }
    assert.match(await region.innerText(), /In the server: queue, p50 and p99\s+[\d.]+ ms, [\d.]+ ms/);
    assert.match(await region.innerText(), /In the server: inference, p50 and p99\s+[\d.]+ ms, [\d.]+ ms/);
    assert.equal(await region.getByRole("button", { name: "Stop" }).count(), 0);
    await region.getByText("Numbers").click();
    assert.equal(await region.getByRole("row").count(), 2);
  });

  test("Stop ends a long one and keeps what was measured; the cell goes on", async () => {
    const cell = await runCell(page, 1);
    const region = cell.getByRole("region", { name: "Load test" });
    await region.getByRole("img", { name: /^Latency \(ms\): p50/ }).waitFor();
    assert.match(await region.innerText(), /Time left\s+(59:\d\d min|1:00 h)/);
    await region.getByRole("button", { name: "Stop" }).click();
    await cell.getByText("interrupted 1", { exact: true }).waitFor();
    await region
      .getByRole("status")
      .getByText(/^Stopped; the report keeps what was measured: \d+ requests, none failed\.$/)
      .waitFor();
  });

  test("saved and opened without its kernel, the notebook shows the report", async () => {
    await page.keyboard.press("ControlOrMeta+s");
    await page.getByText("Saving completed").waitFor();
    await lab!.endKernels();
    await openNotebook(page, lab!, "load.ipynb");
    const first = page.locator(".jp-CodeCell").nth(0);
    const still = first.locator(".sightbook-still");
    await still.getByRole("cell", { name: "service time" }).waitFor();
    await still.getByText("In the server, p50 (ms)").waitFor();
    const saved = JSON.parse(readFileSync(join(folder, "load.ipynb"), "utf8")) as {
      cells: { outputs: { data?: Record<string, string[]> }[] }[];
    };
    const { data } = saved.cells[1]!.outputs[0]!;
    assert.match(data!["text/plain"]!.join(""), /20\.0 requests\/s \(poisson\): [\d.]+ answers\/s/);
    assert.match(data!["text/html"]!.join(""), /interrupted\./);
  });
});
