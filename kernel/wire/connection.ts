import { readFileSync } from "node:fs";

import type { Signing } from "./frames.js";

/** What a connection file says. */
export interface Connection extends Signing {
  readonly transport: string;
  readonly ip: string;
  readonly ports: Readonly<Record<"shell" | "control" | "stdin" | "iopub" | "heartbeat", number>>;
}

/**
 * Reads the connection file that a front end passes to its kernel.
 *
 * @throws Error naming the file and the field when one is missing or of the wrong type.
 */
export function readConnectionFile(path: string): Connection {
  const file = JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;
  const text = (name: string, fallback?: string): string => {
    const value = file[name] ?? fallback;
    if (typeof value !== "string")
      throw new Error(`${path}: ${name} must be text, got ${JSON.stringify(value)}.`);
    return value;
  };
  const port = (name: string): number => {
    const value = file[`${name}_port`];
    if (typeof value !== "number") {
      throw new Error(`${path}: ${name}_port must be a number, got ${JSON.stringify(value)}.`);
    }
    return value;
  };
  return {
    transport: text("transport", "tcp"),
    ip: text("ip", "127.0.0.1"),
    key: text("key", ""),
    scheme: text("signature_scheme", "hmac-sha256"),
    ports: {
      shell: port("shell"),
      control: port("control"),
      stdin: port("stdin"),
      iopub: port("iopub"),
      heartbeat: port("hb"),
    },
  };
}

/** The ZeroMQ address of one port. */
export function address(connection: Connection, port: keyof Connection["ports"]): string {
  const { transport, ip, ports } = connection;
  return `${transport}://${ip}${transport === "ipc" ? "-" : ":"}${ports[port]}`;
}
