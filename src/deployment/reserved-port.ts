import { createServer, type AddressInfo, type Server } from "node:net";

import { ArgumentError } from "../errors.js";
import { errorCode } from "../files.js";

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

export function portInUse(host: string, port: number): ArgumentError {
  return new ArgumentError(
    "Deployment.deploy",
    "port",
    `free on ${host}`,
    port,
    "Another program listens there; name another port, or none to take a free one.",
  );
}

function portError(error: unknown, host: string, port: number): unknown {
  switch (errorCode(error)) {
    case "EADDRINUSE":
      return portInUse(host, port);
    case "EACCES":
      return new ArgumentError("Deployment.deploy", "port", "one that this user may open", port);
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return new ArgumentError("Deployment.deploy", "host", "an address of this machine", host);
    default:
      return error;
  }
}
