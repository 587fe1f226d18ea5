import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import test, { after, before, describe } from "node:test";

import type { Browser } from "playwright-core";

import { temporaryFolder } from "../support.js";
import { launchChromium, patienceMs } from "./chromium.js";
import { skipWithoutJupyter, startJupyterLab, type RunningLab } from "./jupyterlab.js";

const notebook = {
  cells: [
    {
      cell_type: "code",
      id: "one",
      execution_count: null,
      metadata: {},
      outputs: [],
      source:
        'import { ArgumentError } from "sightbook";\nconst name: string = ArgumentError.name;\n`it is ${name}`',
    },
  ],
  metadata: {
    kernelspec: { name: "sightbook", display_name: "TypeScript (Sightbook)", language: "typescript" },
  },
  nbformat: 4,
  nbformat_minor: 5,
};

describe("a notebook in JupyterLab", { skip: skipWithoutJupyter }, () => {
  const folder = temporaryFolder();
  let browser: Browser | undefined;
  let lab: RunningLab | undefined;
  before(async () => {
    writeFileSync(join(folder, "hello.ipynb"), JSON.stringify(notebook));
    lab = await startJupyterLab(folder);
    browser = await launchChromium();
  });
  after(async () => {
    // A failed start leaves the other one to be ended all the same: a running JupyterLab would keep this process alive.
    await browser?.close();
    await lab?.stop();
  });

  test("a TypeScript cell runs in our kernel and shows its value", async () => {
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
});
