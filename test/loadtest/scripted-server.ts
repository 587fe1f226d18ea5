import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { after } from "node:test";

/** What the server does with the request of this number, from 1; it must end the answer or destroy the socket itself. */
export type Script = (
  number: number,
  response: ServerResponse,
  request: { readonly body: string; readonly message: IncomingMessage },
) => void;

export interface ScriptedServer {
  readonly url: string;
  readonly requests: number;
  close(): void;
}

/** A real HTTP server on the loopback interface that answers by a script; it ends with the test that started it. */
export async function startServer(script: Script): Promise<ScriptedServer> {
  let requests = 0;
  const server: Server = createServer((message, response) => {
    let body = "";
    message.setEncoding("latin1");
    message.on("data", (text: string) => (body += text));
    message.on("end", () => {
      script(++requests, response, { body, message });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = (): void => {
    server.closeAllConnections();
    server.close();
  };
  after(close);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/score`,
    get requests() {
      return requests;
    },
    close,
  };
}

/** A right answer of the contract `"score"`: label 1 of 3. */
export function answer(response: ServerResponse, headers: Readonly<Record<string, string>> = {}): void {
  response.writeHead(200, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify([JSON.stringify([0.5, 2, -1])]));
}

/** Answers like {@link answer}, not before so much time. */
export function answerAfter(response: ServerResponse, milliseconds: number): void {
  // Timers drop fractions and may be a millisecond early.
  setTimeout(
    () => {
      answer(response);
    },
    Math.ceil(milliseconds) + 2,
  );
}
