import { readdir, stat } from "node:fs/promises";
import { request } from "node:http";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";

/** How often the servers are asked whether they are ready; a server accepts longer than this after it was told to end. */
const lookEveryMs = 100;
const probeTimeoutMs = 1000;

export interface RelayOptions {
  /** Folder in which the servers listen, each on a Unix socket `<any name>.sock`. */
  readonly folder: string;
  readonly host: string;
  readonly port: number;
  /** How long a connection waits while no server is ready, before it is closed. Default 30,000. */
  readonly waitMs?: number;
}

/**
 * One port before servers that come and go: every connection goes to the server that listens most recently and says on
 * `/readyz` that it is ready. What is open stays where it is until its server has answered.
 */
export class Relay {
  readonly #folder: string;
  readonly #waitMs: number;
  readonly #server: Server;
  #target: string | undefined;
  #isEnded = false;
  #looking: Promise<void> = Promise.resolve();

  private constructor({ folder, waitMs = 30_000 }: RelayOptions) {
    this.#folder = folder;
    this.#waitMs = waitMs;
    // A client that has sent all still waits for its answer.
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => void this.#serve(client));
  }

  static async start(options: RelayOptions): Promise<Relay> {
    const relay = new Relay(options);
    relay.#looking = relay.#look();
    const { host, port } = options;
    await new Promise<void>((resolve, reject) => {
      relay.#server.once("error", reject).listen({ host, port }, resolve);
    });
    return relay;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Accepts no more, and waits for what is open. */
  async close(): Promise<void> {
    this.#isEnded = true;
    await new Promise((resolve) => this.#server.close(resolve));
    await this.#looking;
  }

  async #look(): Promise<void> {
    while (!this.#isEnded) {
      this.#target = await newestReady(this.#folder);
      await setTimeout(lookEveryMs);
    }
  }

  async #serve(client: Socket): Promise<void> {
    const server = await this.#connect(client);
    if (server === undefined) return void client.destroy();
    // Not a pipeline: that would throw away what is still to be sent when one side closes.
    client.pipe(server);
    server.pipe(client);
    // A server that has closed has said all: nothing that the client may still send would be answered.
    server
      .on("error", () => undefined)
      .once("close", () => {
        client.destroySoon();
      });
    client.once("close", () => server.destroy());
  }

  /** A connection to the server of the moment. Nothing was sent to one that is gone, so that another may be tried. */
  async #connect(client: Socket): Promise<Socket | undefined> {
    // Whoever leaves while waiting.
    client.on("error", () => undefined);
    for (const end = performance.now() + this.#waitMs; performance.now() < end && !client.destroyed;) {
      const server = this.#target === undefined ? undefined : await connected(this.#target);
      if (server !== undefined) return server;
      await setTimeout(lookEveryMs / 2);
    }
    return undefined;
  }
}

async function newestReady(folder: string): Promise<string | undefined> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith(".sock"));
  const sockets = await Promise.all(
    names.map(async (name) => {
      const path = join(folder, name);
      // It may have gone since.
      const madeMs = await stat(path).then(
        ({ ctimeMs }) => ctimeMs,
        () => 0,
      );
      return { path, madeMs };
    }),
  );
  for (const { path } of sockets.sort((a, b) => b.madeMs - a.madeMs)) if (await isReady(path)) return path;
  return undefined;
}

function isReady(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = request(
      { socketPath, path: "/readyz", agent: false, timeout: probeTimeoutMs },
      (answer) => {
        resolve(answer.statusCode === 200);
        answer.resume();
      },
    );
    probe.on("timeout", () => probe.destroy());
    probe.on("error", () => {
      resolve(false);
    });
    probe.end();
  });
}

function connected(path: string): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ path, allowHalfOpen: true });
    socket.once("connect", () => {
      resolve(socket);
    });
    socket.once("error", () => {
      resolve(undefined);
    });
  });
}
