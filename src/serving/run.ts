import process from "node:process";

import { keyDigestsVariable, parseKeyDigests } from "./keys.js";
import type { ScoringServerOptions } from "./options.js";
import type { ReadyLine } from "./process.js";
import { startScoringServer } from "./server.js";

/** The digests that the environment holds. */
export function keyDigestsFromEnvironment(): string[] {
  return parseKeyDigests(keyDigestsVariable, process.env[keyDigestsVariable] ?? "");
}

/**
 * Serves until a signal ends it, in the way that `process.ts` promises to supervisors.
 *
 * @returns The exit code.
 */
export async function runScoringServer(options: ScoringServerOptions): Promise<number> {
  const server = await startScoringServer(options);
  const line: ReadyLine = {
    event: "ready",
    pid: process.pid,
    url: server.url,
    ...(server.metricsUrl !== undefined && { metricsUrl: server.metricsUrl }),
    ...(options.control !== undefined && { control: options.control }),
    model: server.name,
    version: server.version,
  };
  const reload = (): void => {
    // The server's log says how it went; the bundle at hand stays when the new one cannot be served.
    server.reload().catch(() => undefined);
  };
  process.on("SIGHUP", reload);
  const stop = (): void => {
    process.once("SIGTERM", () => process.exit(1));
    process.once("SIGINT", () => process.exit(1));
    void server.close();
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
  // Only now: whoever reads it may send a signal at once.
  process.stdout.write(`${JSON.stringify(line)}\n`);
  const clean = await server.closed;
  process.off("SIGHUP", reload);
  return clean ? 0 : 1;
}
