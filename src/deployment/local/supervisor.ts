import { existsSync } from "node:fs";
import { chmod, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { join } from "node:path";

import { SightbookError } from "../../errors.js";
import { writeFileAtomic } from "../../files.js";
import { startScoringServer, type ScoringServer, type ScoringServerOptions } from "../../serving/index.js";
import type { RecordingOptions } from "../recording.js";
import { removeOtherVersions } from "../stored-versions.js";
import { keptVersions } from "../target.js";
import { giveOrder, type Order, type SupervisorStatus } from "./control.js";
import { LogFile } from "./log-file.js";
import { Standby } from "./standby.js";
import { readState, writeState, type LocalFolder, type LocalState } from "./state.js";

/** The descriptor under which a supervisor and its standby inherit the listening socket. */
export const listenFd = 3;

const stopTimeoutMs = 35_000;
const lookForFilesEveryMs = 5_000;

/**
 * Serves one local deployment: the scoring server with its replicas, the orders of every session, and a standby that
 * takes over when this process dies. While it lives, nobody else writes `deployment.json`.
 */
export class Supervisor {
  readonly #folder: LocalFolder;
  #state: LocalState;
  #server: ScoringServer | undefined;
  #standby: Standby | undefined;
  readonly #control: Server;
  readonly #log: LogFile;
  /** Orders are carried out one after another. */
  #last: Promise<unknown> = Promise.resolve();

  private constructor(folder: LocalFolder, state: LocalState) {
    this.#folder = folder;
    this.#state = state;
    this.#log = new LogFile(folder.log);
    this.#control = createServer((request, response) => {
      this.#answer(request).then(
        (status) => response.end(JSON.stringify(status)),
        (error: unknown) => {
          response.statusCode = 400;
          response.end(error instanceof Error ? error.message : String(error));
        },
      );
    });
  }

  /**
   * Takes the deployment over and serves it.
   *
   * @throws {@link SightbookError} when another supervisor has it, or its model cannot be served.
   */
  static async start(folder: LocalFolder): Promise<Supervisor> {
    const state = await readState(folder);
    if (state === undefined) throw new SightbookError(`${folder.root}: there is no deployment here.`);
    if ((await giveOrder(folder.control, { kind: "status" })) !== undefined) {
      throw new SightbookError(`${state.name}: another process supervises it already.`);
    }
    const supervisor = new Supervisor(folder, state);
    await supervisor.#start();
    return supervisor;
  }

  /** Answers what was accepted, ends every process of the deployment, and leaves its files. */
  async stop(): Promise<void> {
    // Closing hangs on connections that were accepted but send nothing.
    setTimeout(() => process.exit(1), stopTimeoutMs).unref();
    this.#standby?.end();
    await this.#server?.close();
    this.#control.close();
    await rm(this.#folder.control, { force: true });
    this.#log.close();
  }

  async #start(): Promise<void> {
    await rm(this.#folder.control, { force: true });
    await new Promise<void>((resolve, reject) => {
      this.#control.once("error", reject).listen(this.#folder.control, resolve);
    });
    await chmod(this.#folder.control, 0o600);
    await this.#recordProcesses();
    const { name, host, replicas, keyDigests, record } = this.#state;
    this.#server = await startScoringServer({
      bundle: this.#bundleOf(this.#served),
      name,
      modelVersion: this.#served,
      host,
      port: this.#state.port,
      ...(process.platform !== "win32" && { listenFd }),
      keyDigests,
      workers: replicas,
      ...(record && { record: this.#recordingTo(record) }),
      logLevel: "info",
    });
    // Whoever removed the folder by hand wanted it to end.
    const timer = setInterval(() => {
      if (!existsSync(this.#folder.state)) void this.stop().finally(() => process.exit(0));
    }, lookForFilesEveryMs);
    timer.unref();
    if (process.platform !== "win32") {
      this.#standby = new Standby(this.#folder, () => void this.#recordProcesses());
      this.#standby.start();
    }
  }

  get #served(): string {
    return this.#state.versions.at(-1)!;
  }

  #bundleOf(version: string): string {
    return join(this.#folder.versions, version);
  }

  #recordingTo(record: RecordingOptions): NonNullable<ScoringServerOptions["record"]> {
    return { ...record, folder: this.#folder.records };
  }

  async #status(): Promise<SupervisorStatus> {
    const { host, port, replicas } = this.#state;
    const serving = await this.#server?.status();
    return {
      state: serving === undefined ? "starting" : "running",
      pid: process.pid,
      standbyPid: this.#standby?.pid,
      endpoint: serving?.url ?? `http://${host}:${port}`,
      version: serving?.version ?? this.#served,
      replicas,
      replicaPids: serving?.inferencePids ?? [],
    };
  }

  async #answer(request: IncomingMessage): Promise<SupervisorStatus> {
    let text = "";
    for await (const part of request.setEncoding("utf8")) text += String(part);
    const order = JSON.parse(text) as Order;
    if (order.kind === "status") return this.#status();
    if (order.kind === "stop") {
      const status = await this.#status();
      setImmediate(() => void this.stop().finally(() => process.exit(0)));
      return status;
    }
    const done = this.#last.then(() => this.#carryOut(order));
    this.#last = done.catch(() => undefined);
    await done;
    return this.#status();
  }

  async #carryOut(order: Exclude<Order, { kind: "status" | "stop" }>): Promise<void> {
    const server = this.#server;
    if (server === undefined) throw new SightbookError(`${this.#state.name} is still starting; try again.`);
    const { versions } = this.#state;
    switch (order.kind) {
      case "scale":
        await server.scale(order.replicas);
        return this.#keep({ replicas: order.replicas });
      case "deploy":
        if (order.version === this.#served) return;
        await server.switchTo(this.#bundleOf(order.version), order.version);
        return this.#keep({
          versions: [...versions.filter((version) => version !== order.version), order.version].slice(
            -keptVersions,
          ),
        });
      case "changeRecording":
        await server.changeRecording(order.record && this.#recordingTo(order.record));
        return this.#keep({ record: order.record });
      case "changeKeys":
        server.changeKeys(order.keyDigests);
        return this.#keep({ keyDigests: order.keyDigests });
      case "rollback": {
        const previous = versions.at(-2);
        if (previous === undefined) {
          throw new SightbookError(`${this.#state.name} has no version before this one to go back to.`);
        }
        await server.switchTo(this.#bundleOf(previous), previous);
        return this.#keep({ versions: versions.slice(0, -1) });
      }
    }
  }

  async #keep(change: Partial<LocalState>): Promise<void> {
    this.#state = { ...this.#state, ...change };
    await writeState(this.#folder, this.#state);
    await removeOtherVersions(this.#folder.versions, this.#state.versions);
  }

  async #recordProcesses(): Promise<void> {
    const pids = [process.pid, this.#standby?.pid].filter((pid) => pid !== undefined);
    await writeFileAtomic(this.#folder.processes, JSON.stringify(pids));
  }
}
