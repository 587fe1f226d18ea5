import { readFile } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";

import { runCommand } from "../../commands.js";
import { errorCode, readJson } from "../../files.js";
import type { LocalFolder } from "./state.js";

/** Ids in `processes.json`: the supervisor, and the one that stands by. */
export async function recordedPids(folder: LocalFolder): Promise<number[]> {
  const pids: unknown = await readJson(folder.processes).catch(() => undefined);
  return Array.isArray(pids) ? pids.filter((pid): pid is number => Number.isInteger(pid)) : [];
}

/** The recorded processes that are alive and still those that were recorded: ids are used again. */
export async function livingPids(folder: LocalFolder): Promise<number[]> {
  const living = (await recordedPids(folder)).filter(isAlive);
  const own = await Promise.all(living.map(async (pid) => (await commandOf(pid)).includes(folder.root)));
  return living.filter((_, index) => own[index]);
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === "EPERM";
  }
}

/** Waits until none of the processes is alive. @returns Whether that came about in time. */
export async function waitUntilGone(pids: readonly number[], timeoutMs: number): Promise<boolean> {
  const end = performance.now() + timeoutMs;
  while (pids.some(isAlive)) {
    if (performance.now() > end) return false;
    await setTimeout(20);
  }
  return true;
}

async function commandOf(pid: number): Promise<string> {
  // A minimal Linux has no `ps`.
  if (process.platform === "linux") return readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
  const [command, ...args] =
    process.platform === "win32"
      ? [
          "powershell",
          "-NoProfile",
          "-Command",
          `(Get-CimInstance Win32_Process -Filter 'ProcessId=${pid}').CommandLine`,
        ]
      : ["ps", "-ww", "-o", "args=", "-p", String(pid)];
  return runCommand("Looking at a process", command, args).catch(() => "");
}
