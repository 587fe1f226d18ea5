import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import test, { after, before, describe } from "node:test";

import type { Browser } from "playwright-core";

import { notebookOf } from "../notebook-of.js";
import { temporaryFolder } from "../support.js";
import { launchChromium, patienceMs } from "./chromium.js";
import { skipWithoutJupyter, startJupyterLab, type RunningLab } from "./jupyterlab.js";

describe("a notebook in the browser", { skip: skipWithoutJupyter }, () => {
  const folder = temporaryFolder();
  let browser: Browser | undefined;
  let lab: RunningLab | undefined;
  before(async () => {
    const cell =
      'import { ArgumentError } from "sightbook";\nconst name: string = ArgumentError.name;\n`it is ${name}`';
    writeFileSync(join(folder, "hello.ipynb"), notebookOf([cell]));
    writeFileSync(
      join(folder, "seven.ipynb"),
      notebookOf([
        "const squares = [1, 2, 3].map((x) => ({ x, square: x ** 2 })); squares",
        "console.log('looping'); while (true) {}",
        "squares.legnth",
      ]),
    );
    lab = await startJupyterLab(folder);
    browser = await launchChromium();
  });
  after(async () => {
    // A failed start leaves the other one to be ended all the same: a running JupyterLab would keep this process alive.
    await browser?.close();
    await lab?.stop();
  });

  test("JupyterLab: a TypeScript cell runs in our kernel and shows its value", async () => {
    const page = await browser!.newPage();
    page.setDefaultTimeout(patienceMs);
    await page.goto(lab!.notebookUrl("hello.ipynb"), { timeout: patienceMs });
    // The status bar says so once the kernel has answered; a cell that is run before is lost.
    await page.getByText("TypeScript (Sightbook) | Idle").waitFor();
    await page.locator(".jp-CodeCell .cm-content").first().click();
    await page.keyboard.press("Shift+Enter");
    const output = page.locator(".jp-OutputArea-executeResult .jp-OutputArea-output");
    await output.waitFor();
    assert.equal((await output.innerText()).trim(), "'it is ArgumentError'");
  });

  test("Notebook 7: cells run, the stop button ends a loop, a type error has its place", async () => {
    const page = await browser!.newPage();
    page.setDefaultTimeout(patienceMs);
    await page.goto(lab!.notebook7Url("seven.ipynb"), { timeout: patienceMs });
    await page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").waitFor();
    await page.locator("img[src*='/kernelspecs/sightbook/logo-']").first().waitFor();
    const cells = page.locator(".jp-CodeCell");
    await cells.first().locator(".cm-content").click();
    await page.keyboard.press("Shift+Enter");
    const table = cells.nth(0).locator(".jp-OutputArea-executeResult table");
    await table.waitFor();
    assert.equal(await table.innerText(), "\tx\tsquare\n0\t1\t1\n1\t2\t4\n2\t3\t9");
    await page.keyboard.press("Shift+Enter");
    await cells.nth(1).getByText("looping", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Interrupt the kernel" }).click();
    await cells.nth(1).getByText("KeyboardInterrupt").waitFor();
    await page.keyboard.press("Shift+Enter");
    await cells.nth(2).getByText("Property 'legnth' does not exist").waitFor();
    await cells.nth(2).getByText("Cell [3]:1:9").waitFor();
  });
});
