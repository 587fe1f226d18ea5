import type { ChildProcess } from "node:child_process";
import { open, readFile } from "node:fs/promises";
import { createServer, type AddressInfo, type Server } from "node:net";

import { ArgumentError, CancelledError, EnvironmentError, SightbookError } from "../../errors.js";
import { errorCode } from "../../files.js";
import { spawnSupervisor, type SupervisorMessage } from "./spawn-supervisor.js";
import type { LocalFolder } from "./state.js";

/**
 * A port that is taken for a deployment before its supervisor runs, and handed over to it.
 *
 * Nothing is accepted from it here: the system keeps who connects waiting until the supervisor serves.
 */
export class ReservedPort {
  readonly #listener: Server;

  private constructor(listener: Server) {
    this.#listener = listener;
  }

  /** @throws {@link ArgumentError} when the port is in use, or the address is not this machine's. */
  static async take(host: string, port: number): Promise<ReservedPort> {
    const listener = createServer({ pauseOnConnect: true });
    try {
      await new Promise<void>((resolve, reject) => {
        listener.once("error", reject).listen({ host, port }, resolve);
      });
    } catch (error) {
      throw portError(error, host, port);
    }
    return new ReservedPort(listener);
  }

  get port(): number {
    return (this.#listener.address() as AddressInfo).port;
  }

  /** The descriptor to hand over; Windows has none. */
  get descriptor(): number | undefined {
    const { _handle: handle } = this.#listener as unknown as { readonly _handle?: { readonly fd?: number } };
    const fd = handle?.fd ?? -1;
    return process.platform !== "win32" && fd >= 0 ? fd : undefined;
  }

  release(): Promise<void> {
    return new Promise((resolve) => {
      this.#listener.close(() => {
        resolve();
      });
    });
  }
}

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

function portError(error: unknown, host: string, port: number): unknown {
  switch (errorCode(error)) {
    case "EADDRINUSE":
      return new ArgumentError(
        "Deployment.deploy",
        "port",
        `free on ${host}`,
        port,
        "Another program listens there; name another port, or none to take a free one.",
      );
    case "EACCES":
      return new ArgumentError("Deployment.deploy", "port", "one that this user may open", port);
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return new ArgumentError("Deployment.deploy", "host", "an address of this machine", host);
    default:
      return error;
  }
}
