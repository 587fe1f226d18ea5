import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join, relative } from "node:path";
import process from "node:process";

import { missingPlatform, setupEngine } from "../engine/setup/index.js";
import { SightbookError } from "../errors.js";
import { ensureJupyterEnvironment, packageRoot, type JupyterEnvironment } from "../jupyter/index.js";
import { StepLog } from "./step-log.js";

const commands: Record<string, (args: readonly string[]) => Promise<number>> = {
  quickstart,
  lab,
  test: (args) => runTests("run.js", args),
  "test:nodes": (args) => runTests("nodes.js", args),
};

/**
 * The commands of a checkout, behind `npm run quickstart`, `npm run lab` and `npm test`: each sets up what is missing first.
 *
 * @returns The exit code.
 */
export async function runCheckoutCommand(command: string, args: readonly string[]): Promise<number> {
  const run = commands[command];
  if (!run) {
    console.error(`No such command: ${command}. There are ${Object.keys(commands).join(", ")}.`);
    return 2;
  }
  try {
    return await run(args);
  } catch (error) {
    if (!(error instanceof SightbookError)) throw error;
    console.error(error.message);
    return 1;
  }
}

async function setUp(mend: string): Promise<JupyterEnvironment> {
  const log = new StepLog();
  // Where TensorFlow has no libraries another engine trains.
  if (missingPlatform() === undefined) {
    await log.step("Engine", (onProgress) => setupEngine({ onProgress, mend }));
  }
  return log.step("Notebook environment", (onProgress) =>
    ensureJupyterEnvironment(join(packageRoot, ".venv"), { onProgress, mend }),
  );
}

async function quickstart(): Promise<number> {
  const { python } = await setUp("npm run quickstart");
  const notebook = join(packageRoot, "notebooks", "01-tableware.ipynb");
  const executed = notebook.replace(/\.ipynb$/, ".executed.ipynb");
  const script = join(packageRoot, "notebooks", "execute.py");
  const code = await inTerminal(python, ["-u", script, notebook, executed]);
  if (existsSync(executed)) {
    console.log(`\nThe executed notebook: ${relative(process.cwd(), executed)}`);
    console.log("To open it in JupyterLab: npm run lab");
  }
  return code;
}

async function lab(args: readonly string[]): Promise<number> {
  const { python } = await setUp("npm run lab");
  return inTerminal(python, ["-m", "jupyterlab", ...args], join(packageRoot, "notebooks"));
}

async function runTests(runner: string, args: readonly string[]): Promise<number> {
  await setUp("npm test");
  return inTerminal(process.execPath, [join(packageRoot, "dist", "test", runner), ...args]);
}

/** Runs a program that talks to the user's terminal itself; Ctrl-C reaches it too, and its answer counts. */
async function inTerminal(command: string, args: readonly string[], cwd = packageRoot): Promise<number> {
  const child = spawn(command, args, { cwd, stdio: "inherit" });
  const ignore = (): void => undefined;
  process.on("SIGINT", ignore);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      process.off("SIGINT", ignore);
      resolve(code ?? 1);
    });
  });
}
