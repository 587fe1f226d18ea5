/** The process that supervises a local deployment: `supervise.js <folder> primary|standby`. */
import { existsSync } from "node:fs";
import { setTimeout } from "node:timers/promises";

import type { SupervisorMessage } from "./spawn-supervisor.js";
import { folderAt, type LocalFolder } from "./state.js";
import { Supervisor } from "./supervisor.js";

const longestBackoffMs = 30_000;

async function supervise(root: string, role: string): Promise<void> {
  const folder = folderAt(root);
  if (role === "standby") await primaryGone();
  const start = (): Promise<Supervisor> => Supervisor.start(folder);
  const supervisor = role === "standby" ? await untilItWorks(folder, start) : await start();
  const stop = (): void => void supervisor.stop().finally(() => process.exit(0));
  process.once("SIGTERM", stop).once("SIGINT", stop);
}

/** The channel to the primary closes when it dies, however it does. */
async function primaryGone(): Promise<void> {
  if (process.connected) await new Promise((resolve) => process.once("disconnect", resolve));
}

async function untilItWorks(folder: LocalFolder, start: () => Promise<Supervisor>): Promise<Supervisor> {
  for (let backoffMs = 250; ; backoffMs = Math.min(longestBackoffMs, 2 * backoffMs)) {
    try {
      return await start();
    } catch (error) {
      if (!existsSync(folder.state)) process.exit(0);
      log(`could not take over: ${error instanceof Error ? error.message : String(error)}`);
      await setTimeout(backoffMs);
    }
  }
}

function log(message: string): void {
  process.stderr.write(
    `${JSON.stringify({ time: new Date().toISOString(), level: "error", pid: process.pid, msg: message })}\n`,
  );
}

async function tell(message: SupervisorMessage): Promise<void> {
  if (!process.connected) return;
  await new Promise((resolve) => process.send!(message, resolve));
  if (process.channel) process.disconnect();
}

const [root = "", role = ""] = process.argv.slice(2);
// Whoever started it may be gone by now: that is what it is for.
process.on("SIGHUP", () => undefined);
supervise(root, role).then(
  () => tell({ kind: "ready" }),
  async (error: unknown) => {
    const message = error instanceof Error ? error.message : String(error);
    log(message);
    await tell({ kind: "failed", message });
    process.exit(1);
  },
);
