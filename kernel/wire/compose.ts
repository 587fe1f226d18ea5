import { randomUUID } from "node:crypto";
import { threadId } from "node:worker_threads";

import type { Header, JsonObject, OutgoingMessage } from "./message.js";
import { PROTOCOL_VERSION } from "./message.js";

/** This kernel process's session id. */
export const SESSION = randomUUID();

let count = 0;

/** Builds a message of this kernel, its parts serialised. */
export function composeMessage(
  type: string,
  content: JsonObject,
  parent: Partial<Header>,
  options: {
    readonly identities?: readonly Uint8Array[];
    readonly metadata?: JsonObject;
    readonly buffers?: readonly Uint8Array[];
    readonly session?: string;
  } = {},
): OutgoingMessage {
  const session = options.session ?? SESSION;
  const header: Header = {
    // Two threads of one session send messages, each with a count of its own.
    msg_id: `${session}_${threadId}_${(count += 1)}`,
    session,
    username: "kernel",
    date: new Date().toISOString(),
    msg_type: type,
    version: PROTOCOL_VERSION,
  };
  return {
    identities: options.identities ?? [],
    header: JSON.stringify(header),
    parentHeader: JSON.stringify(parent),
    metadata: JSON.stringify(options.metadata ?? {}),
    content: JSON.stringify(content),
    buffers: options.buffers ?? [],
  };
}
