import process from "node:process";
import { URL } from "node:url";
import { MessageChannel, Worker } from "node:worker_threads";

import { exposeInterruptSignal, resumeContexts } from "../evaluation/context.js";
import { Evaluator } from "../evaluation/evaluator.js";
import { interruptible, interruptibleEach } from "../evaluation/interruptible.js";
import { Modules } from "../evaluation/modules.js";
import { installStackTraces } from "../evaluation/stack.js";
import { installTermination } from "../evaluation/termination.js";
import { LanguageClient } from "../language/client.js";
import type { TypeErrors } from "../language/protocol.js";
import type { ToMain, ToTransport } from "../transport/protocol.js";
import { Shared } from "../transport/protocol.js";
import { SESSION } from "../wire/compose.js";
import type { Connection } from "../wire/connection.js";
import { CellRunner } from "./cell-runner.js";
import { Comms } from "./comms.js";
import { Displays } from "./displays.js";
import { showTslabOutputs } from "./tslab.js";
import { installGlobals } from "./globals.js";
import { History, defaultHistoryFile } from "./history.js";
import { Input } from "./input.js";
import { Kernel } from "./kernel.js";
import type { Outlet } from "./publisher.js";
import { forbidExit, reportStrayErrors } from "./stray-errors.js";
import { exposeProgress } from "./progress.js";
import { Publisher } from "./publisher.js";
import { installStandardInput } from "./standard-input.js";
import type { StreamOutlet } from "./streams.js";
import { Streams } from "./streams.js";

/** Starts a kernel in this process: three threads, one for sockets, one for TypeScript, and this one for cells. */
export function startKernel(connection: Connection): void {
  // A thread watches for it. A listener here all the same keeps Node from taking the watch off when a cell's is removed.
  process.on("SIGINT", () => undefined);
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
      post({ kind: "send", channel, message });
    },
  };
  const publisher = new Publisher(outlet);
  const print: StreamOutlet = (name, text, parent) => {
    waitForRoom(shared);
    Atomics.add(shared, Shared.pendingCharacters, text.length);
    post({ kind: "stream", name, text, parent });
  };
  const streams = new Streams(print, () => kernel.latest);
  const comms = new Comms(publisher);
  const displays = new Displays({ publisher, fallback: () => kernel.latest });
  const input = new Input({ publisher, shared, port: inputs.port1, fallback: () => kernel.latest });
  const modules = new Modules(process.cwd());
  modules.onTslab = (require) => {
    showTslabOutputs(require, displays);
  };
  const runner = new CellRunner({
    typeErrors: typeErrorsFrom(process.env["SIGHTBOOK_TYPE_ERRORS"]),
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
    comms,
    runner,
    language,
    history: new History(historyPath()),
    received: () => Atomics.load(shared, Shared.received),
    exit,
  });

  installTermination((token) => Atomics.load(shared, Shared.interruptSeen) >= token);
  forbidExit();
  reportStrayErrors(streams);
  transport.on("message", (message: ToMain) => {
    switch (message.kind) {
      case "request":
        kernel.receive(message.sequence, message.message);
        break;
      case "interrupt":
        if (Atomics.load(shared, Shared.interruptSeen) < message.token) {
          Atomics.store(shared, Shared.interruptSeen, message.token);
          kernel.interrupt(message.sequence);
        }
        if (message.terminated) {
          resumeContexts();
          kernel.terminated();
        }
        break;
      case "shutdown":
        exit();
        break;
    }
  });
  installStackTraces();
  exposeInterruptSignal();
  streams.install();
  installStandardInput(input);
  installGlobals(
    { comms, runner, displays, input, latest: () => kernel.latest },
    { require: modules.require },
  );
  exposeProgress(modules);
  post({ kind: "ready" });
}

/** Where the history of cells is kept: `SIGHTBOOK_HISTORY`, or the user's data folder; empty for nowhere. */
function historyPath(): string | undefined {
  const path = process.env["SIGHTBOOK_HISTORY"] ?? defaultHistoryFile();
  return path === "" ? undefined : path;
}

/** The setting of the environment; what is not one of its words means the default. */
function typeErrorsFrom(value: string | undefined): TypeErrors {
  return value === "warn" || value === "off" ? value : "error";
}

/** Characters that may be on their way to the front ends before whoever prints more has to wait. */
const PRINT_AHEAD = 4_000_000;

/** Holds back a cell that prints faster than its front ends read; an interrupt lets it go. */
function waitForRoom(shared: Int32Array): void {
  for (;;) {
    const pending = Atomics.load(shared, Shared.pendingCharacters);
    if (pending < PRINT_AHEAD) return;
    if (Atomics.load(shared, Shared.interruptAsked) > Atomics.load(shared, Shared.interruptSeen)) return;
    Atomics.wait(shared, Shared.pendingCharacters, pending, 100);
  }
}
