import { pino, type Logger } from "pino";

import type { ServingSettings } from "./options.js";

/**
 * The server's log: lines of JSON on standard error. Nothing of a request is written but its method, route, status and
 * times: no header, no query, no body.
 */
export function openLog({ logLevel, name }: ServingSettings): Logger {
  return pino(
    { level: logLevel, base: { pid: process.pid, model: name }, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: 2, sync: true }),
  );
}
