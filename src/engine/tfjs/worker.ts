/** The thread that tfjs computes in: it answers one request after another. Started by `tfjs-engine.ts`. */
import { memory } from "@tensorflow/tfjs-core";
import { parentPort, workerData } from "node:worker_threads";
import { RunGate } from "../run-gate.js";
import type { Request, Response, WorkerData } from "../worker-client.js";
import { loadBackend, methodsOf } from "./backends.js";
import { TfjsOperations } from "./operations.js";
import type { TfjsBackend, TfjsCalls } from "./protocol.js";
import { Trainer } from "./trainer.js";

type Handlers = {
  [Name in keyof TfjsCalls]: (
    argument: TfjsCalls[Name]["argument"],
  ) => Promise<TfjsCalls[Name]["result"]> | TfjsCalls[Name]["result"];
};

let backend: TfjsBackend = "wasm";
const trainers = new Map<number, Trainer>();
let nextSession = 0;

function trainer(session: number): Trainer {
  const found = trainers.get(session);
  if (!found) throw new Error("The session was disposed.");
  return found;
}

const handlers: Handlers = {
  load: (argument) => {
    backend = argument.backend;
    return loadBackend(backend);
  },
  open: ({ network, weights, options }) => {
    trainers.set(nextSession, new Trainer(network, weights, options, new TfjsOperations(methodsOf(backend))));
    return nextSession++;
  },
  step: ({ session, batch, learningRate }) => trainer(session).step(batch, learningRate),
  differentiate: ({ session, batch }) => trainer(session).differentiate(batch),
  predict: ({ session, batch }) => trainer(session).predict(batch),
  read: ({ session }) => trainer(session).read(),
  write: ({ session, weights }) => {
    trainer(session).write(weights);
    return null;
  },
  close: ({ session }) => {
    trainer(session).dispose();
    trainers.delete(session);
    return null;
  },
  tensors: () => memory().numTensors,
};

async function answer<Name extends keyof TfjsCalls>({
  id,
  call,
  argument,
}: Request<TfjsCalls, Name>): Promise<Response<TfjsCalls>> {
  try {
    return { id, result: await handlers[call](argument) };
  } catch (error) {
    return { id, error: error instanceof Error ? error.message : String(error) };
  }
}

const gate = new RunGate((workerData as WorkerData).gate);
let last = Promise.resolve();
parentPort?.on("message", (request: Request<TfjsCalls>) => {
  last = last.then(async () => {
    // WebAssembly can be ended anywhere; the loading of a backend decides only afterwards, so it passes the gate.
    const native = backend !== "wasm" || request.call === "load";
    const response = await (native ? gate.run(() => answer(request)) : answer(request));
    parentPort?.postMessage(response);
  });
});
