import type { ChildProcess } from "node:child_process";
import { open, readFile } from "node:fs/promises";

import { CancelledError, EnvironmentError, SightbookError } from "../../errors.js";
import type { ReservedPort } from "../reserved-port.js";
import { spawnSupervisor, type SupervisorMessage } from "./spawn-supervisor.js";
import type { LocalFolder } from "./state.js";

/**
 * Starts a deployment's supervisor and waits until it serves.
 *
 * @throws {@link SightbookError} in the supervisor's own words when it cannot; it has ended then.
 */
export async function startSupervisor(
  folder: LocalFolder,
  port: ReservedPort,
  signal: AbortSignal | undefined,
): Promise<void> {
  const log = await open(folder.log, "a", 0o600);
  let child: ChildProcess;
  try {
    if (port.descriptor === undefined) await port.release();
    child = spawnSupervisor(folder, "primary", { listen: port.descriptor, log: log.fd });
  } finally {
    await log.close();
    await port.release();
  }
  const cancel = (): void => void child.kill("SIGTERM");
  if (signal?.aborted === true) cancel();
  signal?.addEventListener("abort", cancel, { once: true });
  try {
    await ready(child, folder);
  } catch (error) {
    if (signal?.aborted === true) throw new CancelledError("Deploying was cancelled.", { cause: error });
    throw error;
  } finally {
    signal?.removeEventListener("abort", cancel);
    if (child.connected) child.disconnect();
    child.unref();
  }
}

function ready(child: ChildProcess, folder: LocalFolder): Promise<void> {
  return new Promise((resolve, reject) => {
    let failure: string | undefined;
    child.on("message", (message: SupervisorMessage) => {
      if (message.kind === "ready") resolve();
      else failure = message.message;
    });
    child.once("error", (error) => {
      reject(new EnvironmentError(`The supervisor could not be started (${error.message}).`));
    });
    // Only when it has ended its port is free again.
    child.once("exit", (code, endSignal) => {
      if (failure !== undefined) reject(new SightbookError(failure));
      else {
        void lastLines(folder.log, 5).then((lines) => {
          const how = endSignal ?? `exit code ${String(code)}`;
          reject(new EnvironmentError(`The supervisor ended while it started (${how}).\n${lines}`));
        });
      }
    });
  });
}

/** The end of a text file; empty when there is none. */
export async function lastLines(path: string, count: number): Promise<string> {
  const text = await readFile(path, "utf8").catch(() => "");
  return text.trimEnd().split("\n").slice(-count).join("\n");
}
