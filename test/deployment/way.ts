import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { dirname, join } from "node:path";

import type { TestCluster } from "./cluster.js";

/** A way to a cluster's API server that can be closed and opened again. */
export class Way {
  /** Leads along this way. */
  readonly kubeconfig: string;
  readonly #config: string;
  readonly #target: { readonly host: string; readonly port: number };
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #port = 0;

  constructor({ kubeconfig }: TestCluster) {
    this.kubeconfig = join(dirname(kubeconfig), "way.kubeconfig");
    this.#config = readFileSync(kubeconfig, "utf8");
    const [, host = "", port = ""] = /https:\/\/([\d.]+):(\d+)/u.exec(this.#config)!;
    this.#target = { host, port: Number(port) };
  }

  async open(): Promise<void> {
    this.#server = createServer((client) => {
      const server = connect(this.#target);
      for (const socket of [client, server]) {
        this.#sockets.add(socket);
        socket.on("error", () => undefined).once("close", () => this.#sockets.delete(socket));
      }
      client.pipe(server).pipe(client);
    });
    await once(this.#server.listen(this.#port, "127.0.0.1"), "listening");
    this.#port = (this.#server.address() as AddressInfo).port;
    writeFileSync(
      this.kubeconfig,
      this.#config.replace(/https:\/\/[\d.:]+/u, `https://127.0.0.1:${this.#port}`),
    );
  }

  /** Ends all connections; until it is opened again there is no other. */
  async close(): Promise<void> {
    if (this.#server?.listening !== true) return;
    const closed = once(this.#server.close(), "close");
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}
