import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

import { repositoryRoot } from "../support.js";

/** The Python that has Jupyter's own tools: SIGHTBOOK_PYTHON, else the checkout's environment. */
export const python =
  process.env["SIGHTBOOK_PYTHON"] ??
  join(
    repositoryRoot,
    ".venv",
    ...(process.platform === "win32" ? ["Scripts", "python.exe"] : ["bin", "python"]),
  );

/** The `skip` option of a test that needs a module of Python: false, or the reason. */
export function skipWithoutPython(module: string): string | false {
  if (!existsSync(python))
    return `no Python at ${python}; npm test sets it up, SIGHTBOOK_PYTHON names another`;
  const found = spawnSync(python, ["-c", `import ${module}`]).status === 0;
  return found ? false : `${python} has no ${module}`;
}

/** The environment in which Jupyter's tools find the kernels installed in `prefix`. */
export function jupyterEnvironment(prefix: string): NodeJS.ProcessEnv {
  return {
    ...process.env,
    JUPYTER_PATH: join(prefix, "share", "jupyter"),
    SIGHTBOOK_HISTORY: join(prefix, "history.jsonl"),
    NODE_OPTIONS: "",
  };
}
