import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { findPython, runCommand } from "../commands.js";

/** This package's folder, in a checkout and under `node_modules` alike; code runs from `dist/src/jupyter`. */
export const packageRoot = fileURLToPath(new URL("../../..", import.meta.url));

/** The library imports nothing of the kernel and the widgets, so another process installs them. */
const installation = `const [kernel, widgets, prefix] = process.argv.slice(1);
const { installKernelspec } = await import(kernel);
const { installLabextension } = await import(widgets);
installKernelspec({ prefix });
installLabextension({ prefix });`;

const requirementsPath = join(packageRoot, "src", "jupyter", "requirements.txt");

/** A Python environment that holds JupyterLab, Notebook, ipywidgets, nbclient, our kernelspec and our labextension. */
export interface JupyterEnvironment {
  readonly folder: string;
  /** Its Python interpreter. */
  readonly python: string;
  /** False when everything was there already and nothing was installed. */
  readonly changed: boolean;
}

export interface JupyterEnvironmentOptions {
  readonly signal?: AbortSignal;
  /** Called with a sentence before each step, and with each line that pip prints. */
  readonly onProgress?: (message: string) => void;
  /** The command that a person can run to try a failed step again. */
  readonly mend?: string;
}

/**
 * Makes the Python environment at `folder`, or completes or renews it when it is unfinished or out of date.
 *
 * Package versions and their hashes are pinned in `requirements.txt`; pip refuses a file that does not match. A
 * stamp with the hash of that list is written last, so an interrupted run is taken up again by the next.
 *
 * @throws {@link EnvironmentError} when Python is missing or a step fails, with the command to try again.
 */
export async function ensureJupyterEnvironment(
  folder: string,
  { signal, onProgress, mend = "npx sightbook setup" }: JupyterEnvironmentOptions = {},
): Promise<JupyterEnvironment> {
  const python = join(folder, process.platform === "win32" ? "Scripts/python.exe" : "bin/python");
  const stampPath = join(folder, "sightbook-environment.json");
  const kernel = new URL("../../kernel/index.js", import.meta.url).href;
  const widgets = new URL("../../widgets/host/index.js", import.meta.url).href;
  const labextension = new URL("../../widgets/labextension/package.json", import.meta.url);
  const requirements = await readFile(requirementsPath);
  const stamp = JSON.stringify({
    requirements: sha256(requirements),
    labextension: sha256(await readFile(labextension)),
    folder,
    node: process.execPath,
    kernel,
  });
  const environment = { folder, python };
  if (existsSync(python) && (await readFile(stampPath, "utf8").catch(() => "")) === stamp)
    return { ...environment, changed: false };

  const options = { mend, ...(signal && { signal }), ...(onProgress && { onLine: onProgress }) };
  await rm(stampPath, { force: true });
  onProgress?.("Making the Python environment");
  const pip = await makeVirtualEnvironment(folder, python, options);
  onProgress?.("Installing JupyterLab, Notebook, ipywidgets and nbclient");
  await runCommand(
    "Installing JupyterLab",
    pip.command,
    [
      ...pip.args,
      "install",
      "--disable-pip-version-check",
      "--no-input",
      "--progress-bar=off",
      "--require-hashes",
      "--requirement",
      requirementsPath,
    ],
    options,
  );
  // JupyterLab runs a CommonJS script of its own with Node; below a package of ES modules Node must be told so.
  await writeFile(join(folder, "package.json"), '{ "private": true, "type": "commonjs" }\n');
  onProgress?.("Installing the kernel and the widgets");
  await runCommand(
    "Installing the kernel and the widgets",
    process.execPath,
    ["--input-type=module", "--eval", installation, kernel, widgets, folder],
    options,
  );
  await writeFile(stampPath, stamp);
  return { ...environment, changed: true };
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Debian and others ship Python without `ensurepip`; there the system's pip installs into the environment from outside. */
async function makeVirtualEnvironment(
  folder: string,
  python: string,
  options: Parameters<typeof runCommand>[3],
): Promise<{ command: string; args: string[] }> {
  const systemPython = await findPython();
  const step = "Making the Python environment";
  const hasEnsurePip = await runCommand(step, systemPython, ["-c", "import ensurepip"]).then(
    () => true,
    () => false,
  );
  await runCommand(
    step,
    systemPython,
    ["-m", "venv", ...(hasEnsurePip ? [] : ["--without-pip"]), folder],
    options,
  );
  return hasEnsurePip
    ? { command: python, args: ["-m", "pip"] }
    : { command: systemPython, args: ["-m", "pip", "--python", python] };
}
