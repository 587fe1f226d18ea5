import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { Dealer, Request, Subscriber } from "zeromq";

import { type Connection, address } from "../../kernel/wire/connection.js";
import { composeMessage } from "../../kernel/wire/compose.js";
import { decodeFrames, encodeFrames } from "../../kernel/wire/frames.js";
import type { Channel, Header, IncomingMessage, JsonObject } from "../../kernel/wire/message.js";
import { repositoryRoot } from "../support.js";
import { ConformanceCheck } from "./conformance.js";

export type Received = IncomingMessage & { readonly channel: Channel };

/** What one request brought about. */
export interface Exchange {
  readonly reply: IncomingMessage;
  /** Messages of iopub whose parent is the request, from busy to idle. */
  readonly published: readonly IncomingMessage[];
}

/** Generous: a machine that runs other tests beside this one may be ten times slower. */
const TIMEOUT_MS = 60_000;

/**
 * A front end: a kernel process and one connection to it, over real ZeroMQ sockets. Whatever the kernel sends is held against
 * the messaging specification; a violation fails the test that waits for the next message, or stops the kernel.
 */
export class KernelClient {
  readonly process: ChildProcess;
  readonly connection: Connection;
  /** Everything received so far. */
  readonly received: Received[] = [];
  readonly session = randomUUID();
  readonly conformance = new ConformanceCheck();
  readonly #strict: boolean;
  readonly #shell = new Dealer({ linger: 0, routingId: randomUUID() });
  readonly #control = new Dealer({ linger: 0, routingId: randomUUID() });
  readonly #stdin = new Dealer({ linger: 0 });
  readonly #iopub = new Subscriber({ linger: 0 });
  readonly #waiting = new Set<() => void>();
  #stderr = "";

  private constructor(process: ChildProcess, connection: Connection, strict: boolean) {
    this.process = process;
    this.connection = connection;
    this.#strict = strict;
    process.stderr?.on("data", (chunk: Buffer) => (this.#stderr += chunk.toString()));
    this.#stdin.routingId = this.#shell.routingId;
    this.#shell.connect(address(connection, "shell"));
    this.#control.connect(address(connection, "control"));
    this.#stdin.connect(address(connection, "stdin"));
    this.#iopub.connect(address(connection, "iopub"));
    this.#iopub.subscribe();
    void this.#read("shell", this.#shell);
    void this.#read("control", this.#control);
    void this.#read("stdin", this.#stdin);
    void this.#read("iopub", this.#iopub);
  }

  /** Starts a kernel in `folder` and waits until it answers. */
  static async start(
    folder: string,
    options: {
      readonly env?: Readonly<Record<string, string>>;
      /** The kernel's command; `{connection_file}` stands for the file. Ours by default. */
      readonly argv?: readonly string[];
      /** Whether a message that violates the specification fails the test, as it must not where kernels are compared. */
      readonly strict?: boolean;
    } = {},
  ): Promise<KernelClient> {
    const connection = await freeConnection();
    const file = join(folder, `connection-${randomUUID()}.json`);
    const { ports, ...rest } = connection;
    const { heartbeat, ...others } = ports;
    const entries = Object.entries({ ...others, hb: heartbeat });
    writeFileSync(
      file,
      JSON.stringify({
        ...rest,
        signature_scheme: rest.scheme,
        ...Object.fromEntries(entries.map(([name, port]) => [`${name}_port`, port])),
      }),
    );
    const ours = [process.execPath, join(repositoryRoot, "dist", "kernel", "main.js"), "{connection_file}"];
    const [program, ...words] = (options.argv ?? ours).map((word) => word.replace("{connection_file}", file));
    const kernel = spawn(program!, words, {
      cwd: folder,
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        ...process.env,
        IPYTHONDIR: folder,
        // As Jupyter's own client does: kernels end when the process that started them is gone.
        JPY_PARENT_PID: String(process.pid),
        SIGHTBOOK_HISTORY: join(folder, "history.jsonl"),
        ...options.env,
      },
    });
    const client = new KernelClient(kernel, connection, options.strict ?? true);
    try {
      await client.#untilReady();
    } catch (error) {
      kernel.kill("SIGKILL");
      throw error;
    }
    return client;
  }

  /** Not every kernel welcomes its readers of iopub; any message there shows that the subscription stands. */
  async #untilReady(): Promise<void> {
    const published = (message: Received) =>
      message.channel === "iopub" && message.header.msg_type !== "iopub_welcome";
    let asked = await this.send("kernel_info_request", {});
    while (!this.received.some(published)) {
      await this.wait((message) => message.channel === "shell" && message.parentHeader.msg_id === asked);
      await new Promise((resolve) => setTimeout(resolve, 5));
      asked = await this.send("kernel_info_request", {});
    }
  }

  /** A second front end on the same kernel. */
  async another(): Promise<KernelClient> {
    const client = new KernelClient(this.process, this.connection, this.#strict);
    await client.wait((message) => message.header.msg_type === "iopub_welcome");
    return client;
  }

  /** What the kernel's process itself wrote to stderr. */
  get stderr(): string {
    return this.#stderr;
  }

  /** Sends a message and gives its id. */
  async send(
    type: string,
    content: JsonObject,
    options: {
      readonly channel?: "shell" | "control" | "stdin";
      readonly buffers?: readonly Uint8Array[];
      readonly metadata?: JsonObject;
      readonly parent?: IncomingMessage;
    } = {},
  ): Promise<string> {
    const { channel = "shell", buffers = [], metadata = {}, parent } = options;
    const message = composeMessage(type, content, parent?.header ?? {}, {
      buffers,
      metadata,
      session: this.session,
    });
    const header = JSON.parse(message.header) as Header;
    this.conformance.sent(header);
    await this.sendFrames(encodeFrames(message, this.connection), channel);
    return header.msg_id;
  }

  /** Sends frames as they are, well-formed or not. */
  async sendFrames(frames: Uint8Array[], channel: "shell" | "control" | "stdin" = "shell"): Promise<void> {
    const socket = { shell: this.#shell, control: this.#control, stdin: this.#stdin }[channel];
    await socket.send(frames);
  }

  /** Sends a request and waits for its reply and its idle. */
  async request(
    type: string,
    content: JsonObject,
    options: { readonly channel?: "shell" | "control" } = {},
  ): Promise<Exchange> {
    return this.exchange(await this.send(type, content, options));
  }

  /** The reply and all that was published for a message sent before. */
  async exchange(id: string): Promise<Exchange> {
    const reply = await this.wait(
      (message) => ["shell", "control"].includes(message.channel) && message.parentHeader.msg_id === id,
    );
    await this.idle(id);
    return { reply, published: this.published(id) };
  }

  /** Waits for the idle status of a message. */
  async idle(id: string): Promise<void> {
    await this.wait(
      (message) => message.parentHeader.msg_id === id && message.content["execution_state"] === "idle",
    );
  }

  /** What iopub brought so far for a message. */
  published(id: string): IncomingMessage[] {
    return this.received.filter(
      (message) => message.channel === "iopub" && message.parentHeader.msg_id === id,
    );
  }

  /** Sends a cell. */
  async sendCell(code: string, options: JsonObject = {}): Promise<string> {
    return this.send("execute_request", {
      code,
      silent: false,
      store_history: true,
      user_expressions: {},
      allow_stdin: false,
      stop_on_error: true,
      ...options,
    });
  }

  /** Runs a cell. */
  async run(code: string, options: JsonObject = {}): Promise<CellResult> {
    return new CellResult(await this.exchange(await this.sendCell(code, options)));
  }

  /** Waits for a message that was or will be received. */
  async wait(wanted: (message: Received) => boolean, timeoutMs = TIMEOUT_MS): Promise<Received> {
    let seen = 0;
    const look = () => {
      for (; seen < this.received.length; seen += 1) {
        const message = this.received[seen]!;
        if (wanted(message)) return message;
      }
      return undefined;
    };
    const message = look() ?? (await this.#next(look, timeoutMs));
    this.#assertConformance();
    return message;
  }

  /** Looks again after each message until it finds something. */
  async #next(look: () => Received | undefined, timeoutMs: number): Promise<Received> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(check);
        const last = this.received
          .slice(-8)
          .map((message) => `${message.channel}:${message.header.msg_type}`);
        reject(new Error(`no such message came; the last were ${last.join(", ")}; stderr: ${this.#stderr}`));
      }, timeoutMs);
      const check = () => {
        const message = look();
        if (message === undefined) return;
        clearTimeout(timer);
        this.#waiting.delete(check);
        resolve(message);
      };
      this.#waiting.add(check);
    });
  }

  /** Sends bytes to the heartbeat and gives what came back. */
  async heartbeat(): Promise<string> {
    const socket = new Request({ linger: 0, receiveTimeout: TIMEOUT_MS });
    socket.connect(address(this.connection, "heartbeat"));
    await socket.send("beat");
    const [answer] = await socket.receive();
    socket.close();
    return String(answer);
  }

  /** Closes the sockets; the kernel goes on. */
  disconnect(): void {
    for (const socket of [this.#shell, this.#control, this.#stdin, this.#iopub]) socket.close();
    this.#assertConformance();
  }

  /** Ends the kernel. */
  async stop(): Promise<void> {
    const ended = this.ended();
    this.process.kill("SIGKILL");
    await ended;
    this.disconnect();
  }

  /** Resolves when the kernel's process has ended. */
  async ended(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    await new Promise((resolve) => this.process.once("exit", resolve));
  }

  #assertConformance(): void {
    if (this.#strict) assert.deepEqual(this.conformance.violations, []);
  }

  async #read(channel: Channel, socket: Dealer | Subscriber): Promise<void> {
    for await (const frames of socket) {
      try {
        const message = { ...decodeFrames(frames, this.connection), channel };
        this.conformance.received(message);
        this.received.push(message);
      } catch (error) {
        this.conformance.violations.push(`${channel}: ${String(error)}`);
      }
      for (const check of [...this.#waiting]) check();
    }
  }
}

/** A cell's outcome, with short ways to look at it. */
export class CellResult {
  readonly reply: JsonObject;
  readonly published: readonly IncomingMessage[];

  constructor(exchange: Exchange) {
    this.reply = exchange.reply.content;
    this.published = exchange.published;
  }

  get status(): unknown {
    return this.reply["status"];
  }

  /** The result as text, or the error as "Name: message". */
  get text(): string | undefined {
    if (this.status === "error") return `${this.reply["ename"] as string}: ${this.reply["evalue"] as string}`;
    return this.data?.["text/plain"] as string | undefined;
  }

  /** The result's MIME bundle. */
  get data(): JsonObject | undefined {
    return this.of("execute_result")[0]?.["data"] as JsonObject | undefined;
  }

  /** The MIME bundle that was displayed last, such as that of a widget, which renews it. */
  get displayed(): Record<string, string> {
    return this.of("display_data").at(-1)?.["data"] as Record<string, string>;
  }

  /** The traceback without its colours. */
  get traceback(): string {
    const lines = this.reply["traceback"] as readonly string[];
    return stripVTControlCharacters(lines.join("\n"));
  }

  /** Contents of the published messages of a type. */
  of(type: string): JsonObject[] {
    return this.published
      .filter((message) => message.header.msg_type === type)
      .map((message) => message.content);
  }

  /** What was printed. */
  stream(name: "stdout" | "stderr" = "stdout"): string {
    return this.of("stream")
      .filter((content) => content["name"] === name)
      .map((content) => content["text"] as string)
      .join("");
  }
}

async function freeConnection(): Promise<Connection> {
  const servers = await Promise.all(
    Array.from(
      { length: 5 },
      () =>
        new Promise<ReturnType<typeof createServer>>((resolve) => {
          const server = createServer();
          server.listen(0, "127.0.0.1", () => {
            resolve(server);
          });
        }),
    ),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  const [shell, control, stdin, iopub, heartbeat] = ports as [number, number, number, number, number];
  return {
    transport: "tcp",
    ip: "127.0.0.1",
    key: randomUUID(),
    scheme: "hmac-sha256",
    ports: { shell, control, stdin, iopub, heartbeat },
  };
}
