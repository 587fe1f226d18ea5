import { Buffer } from "node:buffer";
import { writeSync } from "node:fs";
import process from "node:process";
import { setInterval, setTimeout } from "node:timers";
import type { MessagePort } from "node:worker_threads";
import { Worker, parentPort, workerData } from "node:worker_threads";
import type { Router, XPublisher } from "zeromq";

import { composeMessage } from "../wire/compose.js";
import type { Connection } from "../wire/connection.js";
import { decodeFrames, encodeFrames } from "../wire/frames.js";
import { kernelInfo } from "../wire/kernel-info.js";
import type { Channel, Header, IncomingMessage, JsonObject, OutgoingMessage } from "../wire/message.js";
import { Interrupter } from "./interrupter.js";
import type { ToMain, ToTransport } from "./protocol.js";
import { Shared } from "./protocol.js";
import { Sender } from "./sender.js";
import { StreamBatches } from "./stream-batches.js";
import type { Sockets } from "./sockets.js";
import { answerHeartbeat, bindSockets } from "./sockets.js";

/** How long exit handlers on a free main thread may take when the kernel is asked to end. */
const EXIT_GRACE_MS = 300;

/** What the main thread passes to this thread. */
export interface TransportData {
  readonly connection: Connection;
  readonly shared: SharedArrayBuffer;
  /** The kernel's session id, the same on both threads. */
  readonly session: string;
  /** Where answers on the stdin channel go: a port of their own, readable while the main thread blocks for them. */
  readonly inputs: MessagePort;
}

const { connection, shared: sharedBuffer, session, inputs } = workerData as TransportData;
const port = parentPort!;
const shared = new Int32Array(sharedBuffer);
const interrupter = new Interrupter(shared);

function toMain(message: ToMain): void {
  port.postMessage(message);
}

class Transport {
  readonly #sockets: Sockets;
  readonly #batches = new StreamBatches((name, text, parent) => {
    const message = composeMessage("stream", { name, text }, parent, {
      identities: [Buffer.from("stream")],
      session,
    });
    this.#senders.iopub.send(encodeFrames(message, connection), () => {
      Atomics.sub(shared, Shared.pendingCharacters, text.length);
      Atomics.notify(shared, Shared.pendingCharacters);
    });
  });
  readonly #senders: Readonly<Record<Channel, Sender>>;

  constructor(sockets: Sockets) {
    this.#sockets = sockets;
    this.#senders = {
      shell: new Sender((frames) => sockets.shell.send(frames)),
      control: new Sender((frames) => sockets.control.send(frames)),
      stdin: new Sender((frames) => sockets.stdin.send(frames)),
      iopub: new Sender((frames) => sockets.iopub.send(frames)),
    };
  }

  send(channel: Channel, message: OutgoingMessage): void {
    this.#batches.flush();
    this.#senders[channel].send(encodeFrames(message, connection));
  }

  print(name: string, text: string, parent: Partial<Header>): void {
    this.#batches.add(name, text, parent);
  }

  async receiveShell(): Promise<void> {
    for await (const message of this.#read(this.#sockets.shell)) {
      const sequence = Atomics.add(shared, Shared.received, 1) + 1;
      toMain({ kind: "request", sequence, message });
    }
  }

  async receiveStdin(): Promise<void> {
    for await (const message of this.#read(this.#sockets.stdin)) {
      inputs.postMessage(message);
      Atomics.add(shared, Shared.inputs, 1);
      Atomics.notify(shared, Shared.inputs);
    }
  }

  async receiveControl(): Promise<void> {
    for await (const message of this.#read(this.#sockets.control)) {
      this.#status("busy", message);
      this.#answerControl(message);
      this.#status("idle", message);
    }
  }

  /** Tells each new reader of iopub that its subscription is in place. */
  async welcome(): Promise<void> {
    const iopub: XPublisher = this.#sockets.iopub;
    for await (const [frame] of iopub) {
      if (frame?.[0] !== 1) continue;
      const subscription = frame.subarray(1).toString();
      this.send(
        "iopub",
        this.#compose("iopub_welcome", { subscription }, undefined, [Buffer.from(subscription)]),
      );
    }
  }

  interrupt(): void {
    const token = Atomics.add(shared, Shared.interruptAsked, 1) + 1;
    const sequence = Atomics.load(shared, Shared.received);
    const tell = (terminated: boolean) => {
      toMain({ kind: "interrupt", token, sequence, terminated });
    };
    tell(false);
    Atomics.notify(shared, Shared.inputs);
    Atomics.notify(shared, Shared.pendingCharacters);
    interrupter.enforce(token, () => {
      tell(true);
    });
  }

  async end(): Promise<void> {
    await this.drained();
    process.kill(process.pid, "SIGKILL");
  }

  /** Resolves when what was sent so far has left, or cannot leave. */
  async drained(): Promise<void> {
    this.#batches.flush();
    await Promise.race([
      Promise.all(Object.values(this.#senders).map((sender) => sender.drained())),
      new Promise((resolve) => setTimeout(resolve, EXIT_GRACE_MS)),
    ]);
    // A sent message may still be on its way to ZeroMQ's own thread; linger does not apply to a process that is killed.
    await new Promise((resolve) => setTimeout(resolve, 20));
  }

  async *#read(socket: Router): AsyncGenerator<IncomingMessage> {
    for await (const frames of socket) {
      let message: IncomingMessage;
      try {
        message = decodeFrames(frames, connection);
      } catch (error) {
        writeSync(2, `sightbook kernel: a message was dropped: ${(error as Error).message}.\n`);
        continue;
      }
      yield message;
    }
  }

  #answerControl(message: IncomingMessage): void {
    switch (message.header.msg_type) {
      case "kernel_info_request":
        this.#reply(message, "kernel_info_reply", kernelInfo());
        break;
      case "interrupt_request":
        this.interrupt();
        this.#reply(message, "interrupt_reply", { status: "ok" });
        break;
      case "shutdown_request": {
        const restart = message.content["restart"] === true;
        this.#reply(message, "shutdown_reply", { status: "ok", restart });
        this.send("iopub", this.#compose("shutdown_reply", { status: "ok", restart }, message));
        void this.#shutdown();
        break;
      }
      default:
        writeSync(
          2,
          `sightbook kernel: ${message.header.msg_type} is not a request of the control channel.\n`,
        );
    }
  }

  async #shutdown(): Promise<void> {
    await this.drained();
    toMain({ kind: "shutdown" });
    setTimeout(() => void this.end(), EXIT_GRACE_MS);
  }

  #reply(request: IncomingMessage, type: string, content: JsonObject): void {
    this.send("control", this.#compose(type, content, request, request.identities));
  }

  #status(state: "busy" | "idle" | "starting", parent?: IncomingMessage): void {
    this.send("iopub", this.#compose("status", { execution_state: state }, parent));
  }

  #compose(
    type: string,
    content: JsonObject,
    parent: IncomingMessage | undefined,
    identities: readonly Uint8Array[] = [Buffer.from(type)],
  ): OutgoingMessage {
    return composeMessage(type, content, parent?.header ?? {}, { identities, session });
  }

  starting(): void {
    this.#status("starting");
  }
}

/** Ends the kernel when the program that started it is gone, as its front ends can no longer do it. */
function watchParent(end: () => void): void {
  if (process.env["JPY_PARENT_PID"] === undefined) return;
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) end();
  }, 1000);
}

/** Calls `interrupt` for each SIGINT of the process. Windows has none: there Jupyter interrupts by message. */
function watchSignals(interrupt: () => void): void {
  if (process.platform === "win32") return;
  const watch = new Worker(new URL("./signal-watch.js", import.meta.url));
  watch.on("message", interrupt);
  watch.on("error", (error) => {
    writeSync(2, `sightbook kernel: interrupts by signal do not work: ${error.message}\n`);
  });
}

async function main(): Promise<void> {
  const sockets = await bindSockets(connection);
  const transport = new Transport(sockets);
  port.on("message", (message: ToTransport) => {
    switch (message.kind) {
      case "send":
        transport.send(message.channel, message.message);
        break;
      case "stream":
        transport.print(message.name, message.text, message.parent);
        break;
      case "ready":
        transport.starting();
        void transport.receiveShell();
        watchSignals(() => {
          transport.interrupt();
        });
        break;
      case "exit":
        void transport.end();
        break;
    }
  });
  void answerHeartbeat(sockets.heartbeat);
  void transport.receiveControl();
  void transport.receiveStdin();
  void transport.welcome();
  watchParent(() => void transport.end());
}

main().catch((error: unknown) => {
  writeSync(
    2,
    `sightbook kernel: cannot open its sockets: ${error instanceof Error ? error.message : String(error)}\n`,
  );
  process.kill(process.pid, "SIGKILL");
});
