import { pino, type Logger } from "pino";

import type { ServingSettings } from "./options.js";

/**
 * The server's log: lines of JSON on standard error. Nothing of a request is written but its method, route, status and
 * times: no header, no query, no body.
 */
export function openLog({ logLevel, name }: ServingSettings): Logger {
  // What cannot be written is lost, not collected in memory.
  const destination = pino.destination({ dest: 2, sync: true, maxLength: 1 << 16 });
  // A full disk or a closed pipe must not end the server.
  destination.on("error", () => undefined);
  return pino(
    { level: logLevel, base: { pid: process.pid, model: name }, timestamp: pino.stdTimeFunctions.isoTime },
    destination,
  );
}
