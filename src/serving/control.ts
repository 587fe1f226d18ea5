import { chmod } from "node:fs/promises";
import { createServer, request as httpRequest, type IncomingMessage, type Server } from "node:http";
import { text as readText } from "node:stream/consumers";

import { EnvironmentError, SightbookError } from "../errors.js";
import { errorCode } from "../files.js";
import { removeDeadSocket } from "./dead-socket.js";

/** What a server says of itself. */
export interface ServerStatus {
  readonly pid: number;
  readonly url: string;
  readonly metricsUrl?: string;
  readonly name: string;
  readonly version: string;
  readonly bundle: string;
  /** The bundle that a rollback would go back to. */
  readonly previousBundle?: string;
  readonly isReady: boolean;
  readonly isDraining: boolean;
  readonly inferencePids: readonly number[];
  readonly workers: number;
  readonly waiting: number;
  readonly running: number;
  readonly uptimeSeconds: number;
}

/** What can be asked of a server over its control socket. */
export interface ServerControl {
  status(): Promise<ServerStatus>;
  /** Serves another bundle without a gap; the version that is served then. */
  switchTo(bundle: string, version?: string): Promise<ServerStatus>;
  /** Goes back to the bundle before. */
  rollback(): Promise<ServerStatus>;
  /** Changes the number of inference processes. */
  scale(workers: number): Promise<ServerStatus>;
  /** As SIGTERM: answers what was accepted, then ends. Returns at once. */
  drain(): Promise<ServerStatus>;
}

interface Command {
  readonly command: "status" | "switch" | "rollback" | "scale" | "drain";
  readonly bundle?: string;
  readonly version?: string;
  readonly workers?: number;
}

const bodyLimit = 64 << 10;

/**
 * Listens for control commands on a Unix socket that only its owner may open, or a named pipe.
 *
 * @throws {@link EnvironmentError} when another server answers there; a socket that a dead one left behind is replaced.
 */
export async function openControl(path: string, control: ServerControl): Promise<Server> {
  await removeDeadSocket("control", path);
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    let length = 0;
    request.on("data", (piece: Buffer) => {
      length += piece.length;
      if (length > bodyLimit) request.destroy();
      else pieces.push(piece);
    });
    request.on("end", () => {
      obey(control, Buffer.concat(pieces).toString("utf8")).then(
        (status) => response.end(JSON.stringify(status)),
        (error: unknown) => {
          const message = error instanceof Error ? error.message : String(error);
          response.writeHead(400).end(JSON.stringify({ error: message }));
        },
      );
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, resolve);
  });
  if (process.platform !== "win32") await chmod(path, 0o600);
  return server;
}

async function obey(control: ServerControl, text: string): Promise<ServerStatus> {
  const { command, bundle, version, workers } = commandOf(text);
  if (command === "status") return control.status();
  if (command === "rollback") return control.rollback();
  if (command === "drain") return control.drain();
  const isVersion = version === undefined || typeof version === "string";
  if (command === "switch" && typeof bundle === "string" && isVersion)
    return control.switchTo(bundle, version);
  if (command === "scale" && typeof workers === "number") return control.scale(workers);
  throw new SightbookError(`control: ${text.slice(0, 200)} is no command, or lacks its argument.`);
}

function commandOf(text: string): Partial<Record<keyof Command, unknown>> {
  let command: unknown;
  try {
    command = JSON.parse(text);
  } catch {
    // Refused below, as are lists and numbers.
  }
  return typeof command === "object" && command !== null ? command : {};
}

/** Commands a server through its control socket, from any process of the same user. */
export function connectControl(path: string): ServerControl {
  const ask = (command: Command): Promise<ServerStatus> => askServer(path, command);
  return {
    status: () => ask({ command: "status" }),
    switchTo: (bundle, version) =>
      ask({ command: "switch", bundle, ...(version !== undefined && { version }) }),
    rollback: () => ask({ command: "rollback" }),
    scale: (workers) => ask({ command: "scale", workers }),
    drain: () => ask({ command: "drain" }),
  };
}

function askServer(socketPath: string, command: Command): Promise<ServerStatus> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      if (error instanceof SightbookError) {
        reject(error);
        return;
      }
      const why = `no server answers on the control socket ${socketPath} (${errorCode(error) ?? error.message})`;
      reject(new EnvironmentError(`${command.command}: ${why}.`));
    };
    const request = httpRequest({ socketPath, method: "POST", path: "/" }, (response) => {
      answerOf(response).then(resolve, fail);
    });
    request.on("error", fail);
    request.end(JSON.stringify(command));
  });
}

/** @throws {@link SightbookError} with the server's own words; another error when it breaks off, or is none of ours. */
async function answerOf(response: IncomingMessage): Promise<ServerStatus> {
  const answer = JSON.parse(await readText(response)) as ServerStatus | { readonly error: string };
  if ("error" in answer) throw new SightbookError(answer.error);
  return answer;
}
