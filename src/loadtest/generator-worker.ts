import { parentPort, workerData } from "node:worker_threads";

import { Connection, type Exchange } from "./connection.js";
import { readAnswer, type Target } from "./contract.js";
import type { FromGenerator, ToGenerator } from "./generator.js";
import { runStep } from "./run-step.js";

/*
 * The load generator's thread: its timers and sockets must not wait for whatever the notebook's thread is doing.
 */

const target = workerData as Target;
let work = new AbortController();

const say = (message: FromGenerator): void => {
  parentPort!.postMessage(message);
};

parentPort!.on("message", (message: ToGenerator) => {
  switch (message.kind) {
    case "ask":
      work = new AbortController();
      void ask(message.timeoutMs, work.signal);
      break;
    case "run":
      work = new AbortController();
      void runStep(target, message.load, {
        ...message,
        signal: work.signal,
        onProgress: (report) => {
          say({ kind: "progress", report });
        },
      }).then((report) => {
        say({ kind: "done", report });
      });
      break;
    case "stop":
      work.abort();
  }
});

async function ask(timeoutMs: number, signal: AbortSignal): Promise<void> {
  const connection = new Connection(target.origin);
  signal.addEventListener("abort", () => void connection.close(), { once: true });
  const exchange = await connection.send(target.requests[0]!, timeoutMs);
  await connection.close();
  say({ kind: "asked", problem: problemOf(exchange) });
}

function problemOf(exchange: Exchange): string | undefined {
  if ("kind" in exchange) {
    const hint = exchange.kind === "refused" ? "; is the service up" : "";
    return `${exchange.message}${hint}`;
  }
  const { status, body } = exchange;
  const said = body.toString().replace(/\s+/g, " ").trim().slice(0, 200);
  if (status === 401 || status === 403) return `status ${status}, the key is missing or wrong (${said})`;
  if (status !== 200) return `status ${status} (${said})`;
  const answer = readAnswer(target.contract, body);
  return "wrong" in answer ? `${answer.wrong} (${said})` : undefined;
}
