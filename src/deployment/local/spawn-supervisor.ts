import { spawn, type ChildProcess, type StdioOptions } from "node:child_process";
import { fileURLToPath } from "node:url";

import type { LocalFolder } from "./state.js";

export type SupervisorRole = "primary" | "standby";

/** What a starting supervisor tells the process that started it. */
export type SupervisorMessage =
  { readonly kind: "ready" } | { readonly kind: "failed"; readonly message: string };

interface Descriptors {
  /** The listening socket; `undefined` where the system cannot hand one over. */
  readonly listen: number | undefined;
  readonly log: number;
}

const script = fileURLToPath(new URL("./supervise.js", import.meta.url));

/** Starts a supervisor in a session of its own, so that it outlives the notebook, the terminal and their signals. */
export function spawnSupervisor(
  folder: LocalFolder,
  role: SupervisorRole,
  { listen, log }: Descriptors,
): ChildProcess {
  const stdio: StdioOptions = ["ignore", log, log, listen ?? "ignore", "ipc"];
  return spawn(process.execPath, [script, folder.root, role], {
    // A notebook's folder may go away.
    cwd: folder.root,
    detached: true,
    stdio,
    windowsHide: true,
  });
}
