import { Reply, Router, XPublisher } from "zeromq";

import type { Connection } from "../wire/connection.js";
import { address } from "../wire/connection.js";

export interface Sockets {
  readonly shell: Router;
  readonly control: Router;
  readonly stdin: Router;
  readonly iopub: XPublisher;
  readonly heartbeat: Reply;
}

/**
 * How many messages may wait for a slow reader of iopub before ZeroMQ drops some.
 * Prints are batched, so a notebook never comes near it; a reader that hangs for hours must not eat the machine.
 */
const IOPUB_BACKLOG = 100_000;

/** Binds the five sockets of a connection file. */
export async function bindSockets(connection: Connection): Promise<Sockets> {
  const shell = new Router({ linger: 1000, sendHighWaterMark: 0, receiveHighWaterMark: 0 });
  const control = new Router({ linger: 1000, sendHighWaterMark: 0, receiveHighWaterMark: 0 });
  const stdin = new Router({ linger: 1000 });
  const iopub = new XPublisher({ linger: 1000, sendHighWaterMark: IOPUB_BACKLOG });
  iopub.verbosity = "allSubs";
  const heartbeat = new Reply({ linger: 0 });
  await Promise.all([
    shell.bind(address(connection, "shell")),
    control.bind(address(connection, "control")),
    stdin.bind(address(connection, "stdin")),
    iopub.bind(address(connection, "iopub")),
    heartbeat.bind(address(connection, "heartbeat")),
  ]);
  return { shell, control, stdin, iopub, heartbeat };
}

/** Echoes whatever arrives, for as long as the process lives. */
export async function answerHeartbeat(socket: Reply): Promise<void> {
  for await (const frames of socket) await socket.send(frames);
}
