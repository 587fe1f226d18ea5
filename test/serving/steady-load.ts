import { Agent, request } from "node:http";

export interface LoadResult {
  /** How often each status was answered; `"broken <code>"` for a request that was sent and not answered. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Model versions in the order of their first answer. */
  readonly versions: readonly string[];
}

export interface SteadyLoad {
  /** Answers so far. */
  answered(): number;
  stop(): Promise<LoadResult>;
  /** When every client has gone elsewhere by itself. */
  readonly ended: Promise<LoadResult>;
}

interface Outcome {
  readonly kind: string;
  /** Whether the server said that it closes the connection. */
  readonly closes: boolean;
}

/**
 * Keeps `connections` requests on their way over connections that stay open, until `stop` is called. A client that is told
 * that its connection closes goes elsewhere, as those behind a balancer do: here, it ends.
 */
export function steadyLoad(url: string, image: Uint8Array, connections: number): SteadyLoad {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const outcomes: Record<string, number> = {};
  const versions: string[] = [];
  let answered = 0;
  let stopping = false;

  const one = (): Promise<Outcome> =>
    new Promise((resolve) => {
      const sent = request(`${url}/v1/predict`, {
        agent,
        method: "POST",
        headers: { "content-type": "image/png", "content-length": image.length },
      });
      const broken = (error: NodeJS.ErrnoException): void => {
        resolve({ kind: `broken ${error.code ?? error.message}`, closes: false });
      };
      sent.on("response", (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (piece: string) => (text += piece));
        response.on("error", broken).on("end", () => {
          answered++;
          const { model } = JSON.parse(text) as { model?: { version: string } };
          if (model && !versions.includes(model.version)) versions.push(model.version);
          resolve({ kind: String(response.statusCode), closes: response.headers.connection === "close" });
        });
      });
      sent.on("error", broken).end(image);
    });

  const client = async (): Promise<void> => {
    let closes = false;
    while (!stopping && !closes) {
      const outcome = await one();
      outcomes[outcome.kind] = (outcomes[outcome.kind] ?? 0) + 1;
      ({ closes } = outcome);
    }
  };
  const ended = Promise.all(Array.from({ length: connections }, client)).then(() => {
    agent.destroy();
    return { outcomes, versions };
  });
  const stop = (): Promise<LoadResult> => {
    stopping = true;
    return ended;
  };
  return { ended, stop, answered: () => answered };
}
