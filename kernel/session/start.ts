import { Worker, MessageChannel } from "node:worker_threads";

import { exposeInterruptSignal } from "../evaluation/context.js";
import { Evaluator } from "../evaluation/evaluator.js";
import { interruptible, interruptibleEach } from "../evaluation/interruptible.js";
import { Modules } from "../evaluation/modules.js";
import { installStackTraces } from "../evaluation/stack.js";
import { LanguageClient } from "../language/client.js";
import type { ToMain, ToTransport } from "../transport/protocol.js";
import { Shared } from "../transport/protocol.js";
import { SESSION } from "../wire/compose.js";
import type { Connection } from "../wire/connection.js";
import { CellRunner } from "./cell-runner.js";
import { Comms } from "./comms.js";
import { Kernel } from "./kernel.js";
import type { Outlet } from "./publisher.js";
import { Publisher } from "./publisher.js";
import { Streams } from "./streams.js";

/** Starts a kernel in this process: three threads, one for sockets, one for TypeScript, and this one for cells. */
export function startKernel(connection: Connection): void {
  const shared = new Int32Array(new SharedArrayBuffer(4 * Shared.length));
  const inputs = new MessageChannel();
  const transport = new Worker(new URL("../transport/worker.js", import.meta.url), {
    workerData: { connection, shared: shared.buffer, session: SESSION, inputs: inputs.port2 },
    transferList: [inputs.port2],
  });
  const language = new LanguageClient();
  const post = (message: ToTransport) => {
    transport.postMessage(message);
  };
  const outlet: Outlet = {
    send: (channel, message) => {
      post({ kind: "send", channel, message, weight: 0 });
    },
  };
  const publisher = new Publisher(outlet);
  const streams = new Streams(publisher, () => kernel.latest);
  const comms = new Comms(publisher);
  const modules = new Modules(process.cwd());
  const runner = new CellRunner({
    language,
    modules,
    evaluator: ({ results }) =>
      new Evaluator({
        results,
        wait: interruptible,
        each: interruptibleEach,
        import: (specifier: unknown, options?: { with?: Record<string, string> }) =>
          modules.import(specifier, options),
        get meta() {
          return modules.meta;
        },
      }),
  });
  const exit = () => {
    process.emit("exit", 0);
    post({ kind: "exit" });
  };
  const kernel: Kernel = new Kernel({
    publisher,
    streams,
    comms,
    runner,
    received: () => Atomics.load(shared, Shared.received),
    exit,
  });

  Object.defineProperty(globalThis, Symbol.for("sightbook.prepareTermination"), {
    value: (token: number): boolean => {
      if (Atomics.load(shared, Shared.interruptSeen) >= token) return false;
      unwindAsyncContexts();
      return true;
    },
  });
  process.on("uncaughtException", (error) => {
    if (error === UNWIND) return;
    process.stderr.write(`${String(error.stack)}\n`);
  });
  process.on("unhandledRejection", (reason) => {
    process.stderr.write(`${String(reason)}\n`);
  });
  transport.on("message", (message: ToMain) => {
    switch (message.kind) {
      case "request":
        kernel.receive(message.sequence, message.message);
        break;
      case "interrupt":
        Atomics.store(shared, Shared.interruptSeen, message.token);
        kernel.interrupt(message.sequence);
        break;
      case "shutdown":
        exit();
        break;
    }
  });
  process.on("SIGINT", () => {
    post({ kind: "signal" });
  });
  installStackTraces();
  exposeInterruptSignal();
  streams.install();
  Object.defineProperty(globalThis, "require", {
    value: modules.require,
    configurable: true,
    writable: true,
  });
  post({ kind: "ready" });
}

/** Thrown nowhere: what `unwindAsyncContexts` reports, to be ignored. */
const UNWIND = new Error("unwind");

/** Makes Node forget the asynchronous contexts on the stack, as it does when an exception reaches the top. */
function unwindAsyncContexts(): void {
  (
    process as unknown as { _fatalException: (error: Error, fromPromise: boolean) => boolean }
  )._fatalException(UNWIND, false);
}
