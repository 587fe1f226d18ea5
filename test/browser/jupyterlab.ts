import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";

import { installKernelspec } from "../../kernel/index.js";
import { installLabextension } from "../../widgets/host/index.js";
import { repositoryRoot } from "../support.js";

/** The Python of the checkout's notebook environment. */
export const jupyterPython = join(
  repositoryRoot,
  ".venv",
  process.platform === "win32" ? "Scripts/python.exe" : "bin/python",
);

/** The `skip` option of tests that need JupyterLab: `npm test` sets it up, so only a bare run of a file skips. */
export const skipWithoutJupyter = existsSync(jupyterPython)
  ? false
  : "the notebook environment is not set up: npm test does it";

export interface LabOptions {
  /** Default `"light"`. */
  readonly theme?: "light" | "dark";
  /** Cells out of view are on the page too: by default JupyterLab draws only those in view. */
  readonly drawsAllCells?: boolean;
  /** Notebooks keep the states of their widgets when they are saved: "Save Widget State Automatically". */
  readonly savesWidgetState?: boolean;
}

export interface RunningLab {
  /** Address of a notebook in JupyterLab, alone on the page, the token included. */
  notebookUrl(file: string): string;
  /** Address of the same in Notebook 7, which the server serves too. */
  notebook7Url(file: string): string;
  /** Ends all kernels, as a person does before a notebook is opened another day. */
  endKernels(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts JupyterLab on `folder`, on a free port of the loopback address, with settings and data of its own, and with the
 * kernel and the widgets of this build.
 */
export async function startJupyterLab(
  folder: string,
  { theme = "light", drawsAllCells = false, savesWidgetState = false }: LabOptions = {},
): Promise<RunningLab> {
  const home = mkdtempSync(join(tmpdir(), "sightbook-lab-"));
  const token = "sightbook-tests";
  const runtime = join(home, "runtime");
  mkdirSync(runtime);
  const configure = (extension: string, plugin: string, settings: object): void => {
    const path = join(home, "settings", extension);
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, `${plugin}.jupyterlab-settings`), JSON.stringify(settings));
  };
  const themeName = theme === "dark" ? "JupyterLab Dark" : "JupyterLab Light";
  configure("@jupyterlab/apputils-extension", "themes", { theme: themeName });
  if (drawsAllCells) configure("@jupyterlab/notebook-extension", "tracker", { windowingMode: "none" });
  if (savesWidgetState) configure("@jupyter-widgets/jupyterlab-manager", "plugin", { saveState: true });
  installKernelspec({ prefix: home });
  installLabextension({ prefix: home });
  const child = spawn(
    jupyterPython,
    [
      "-m",
      "jupyterlab",
      "--no-browser",
      "--allow-root",
      "--ServerApp.ip=127.0.0.1",
      "--ServerApp.port=0",
      `--IdentityProvider.token=${token}`,
      `--ServerApp.root_dir=${folder}`,
      "--LabApp.news_url=",
      // The manager of extensions would start Node for its package list at every start.
      "--LabApp.extension_manager=readonly",
      "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ],
    {
      cwd: folder,
      stdio: ["ignore", "ignore", "pipe"],
      env: {
        ...process.env,
        NODE_OPTIONS: "",
        JUPYTER_PATH: join(home, "share", "jupyter"),
        JUPYTER_CONFIG_DIR: join(home, "config"),
        JUPYTER_DATA_DIR: join(home, "data"),
        JUPYTER_RUNTIME_DIR: runtime,
        JUPYTERLAB_SETTINGS_DIR: join(home, "settings"),
        JUPYTERLAB_WORKSPACES_DIR: join(home, "workspaces"),
      },
    },
  );
  const ended = new Promise<void>((resolve) => {
    child.on("close", () => {
      resolve();
    });
  });
  const base = await new Promise<string>((resolve, reject) => {
    let log = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      log += text;
      const address = /http:\/\/127\.0\.0\.1:\d+\//.exec(log);
      if (address) resolve(address[0]);
    });
    child.on("error", reject);
    child.on("close", (code) => {
      reject(new Error(`JupyterLab ended with exit code ${String(code)}:\n${log}`));
    });
  });
  return {
    notebookUrl: (file) => `${base}lab/tree/${encodeURIComponent(file)}?token=${token}&reset`,
    notebook7Url: (file) => `${base}notebooks/${encodeURIComponent(file)}?token=${token}`,
    async endKernels() {
      const headers = { Authorization: `token ${token}` };
      const sessions = await fetch(`${base}api/sessions`, { headers });
      for (const { id } of (await sessions.json()) as { id: string }[]) {
        await fetch(`${base}api/sessions/${id}`, { method: "DELETE", headers });
      }
    },
    async stop() {
      child.kill("SIGTERM");
      // Jupyter's server has been seen to wait for ever once its loop was told to stop; kernels notice that it is gone.
      const patience = setTimeout(() => child.kill("SIGKILL"), 20_000);
      await ended;
      clearTimeout(patience);
      rmSync(home, { recursive: true, force: true });
    },
  };
}
