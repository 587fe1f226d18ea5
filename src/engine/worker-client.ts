import { Worker } from "node:worker_threads";
import { EnvironmentError } from "../errors.js";
import { RunGate } from "./run-gate.js";

/** What a worker does, by name: the argument it takes and the result it gives. */
export type Calls<C> = Readonly<Record<keyof C, { argument: unknown; result: unknown }>>;

export interface Request<C extends Calls<C>, Name extends keyof C = keyof C> {
  readonly id: number;
  readonly call: Name;
  readonly argument: C[Name]["argument"];
}

export type Response<C extends Calls<C>> =
  | { readonly id: number; readonly result: C[keyof C]["result"] }
  | { readonly id: number; readonly error: string };

/** What the thread is started with: the memory of the {@link RunGate} that it passes for work in native code. */
export interface WorkerData {
  readonly gate: SharedArrayBuffer;
}

interface Pending<C extends Calls<C>> {
  readonly resolve: (result: C[keyof C]["result"]) => void;
  readonly reject: (error: Error) => void;
}

/** The asking side of an engine's worker thread. It keeps the process alive only while an answer is outstanding. */
export class WorkerClient<C extends Calls<C>> {
  readonly #worker: Worker;
  readonly #library: string;
  readonly #pending = new Map<number, Pending<C>>();
  #nextId = 0;
  #unanswered = 0;
  #whenIdle: (() => void) | undefined;
  #ended: EnvironmentError | undefined;

  /**
   * @param file - The compiled file that the thread runs.
   * @param library - What runs in it, for error messages: `"TensorFlow"`.
   */
  constructor(file: URL, library: string) {
    this.#library = library;
    // Options of the process at hand, such as --input-type, do not suit the thread's file.
    const gate = new RunGate(new SharedArrayBuffer(4));
    const forgetGate = gate.closeAtExit();
    this.#worker = new Worker(file, {
      name: `sightbook-${library.toLowerCase().replace(" ", "-")}`,
      execArgv: [],
      workerData: { gate: gate.memory } satisfies WorkerData,
    });
    this.#worker.unref();
    this.#worker.on("message", (response: Response<C>) => {
      this.#settle(response);
    });
    this.#worker.on("error", (error) => {
      this.#end(`${library}'s thread failed: ${error instanceof Error ? error.message : String(error)}`);
    });
    this.#worker.on("exit", (code) => {
      forgetGate();
      this.#whenIdle?.();
      this.#end(`${library}'s thread ended (exit code ${code}).`);
    });
  }

  /** Asks; answers come in the order of the calls. */
  call<Name extends keyof C>(call: Name, argument: C[Name]["argument"]): Promise<C[Name]["result"]> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    const request: Request<C, Name> = { id: this.#nextId++, call, argument };
    return new Promise((resolve, reject) => {
      this.#pending.set(request.id, { resolve, reject });
      this.#unanswered++;
      this.#worker.ref();
      this.#worker.postMessage(request);
    });
  }

  /**
   * Rejects what is outstanding and ends the thread.
   *
   * @param options.finishCalls - Lets the thread finish its calls first, for a library that cannot be interrupted in
   *   JavaScript. Native code that blocks is never interrupted. Default: false.
   */
  async terminate({ finishCalls = false }: { readonly finishCalls?: boolean } = {}): Promise<void> {
    this.#end(`The ${this.#library} engine was disposed.`);
    if (finishCalls && this.#unanswered > 0) {
      this.#worker.ref();
      await new Promise<void>((resolve) => {
        this.#whenIdle = resolve;
      });
    }
    await this.#worker.terminate();
  }

  #settle(response: Response<C>): void {
    if (--this.#unanswered === 0) this.#whenIdle?.();
    const pending = this.#pending.get(response.id);
    this.#pending.delete(response.id);
    if (this.#pending.size === 0) this.#worker.unref();
    if (pending === undefined) return;
    if ("error" in response) pending.reject(new EnvironmentError(`${this.#library}: ${response.error}`));
    else pending.resolve(response.result);
  }

  #end(reason: string): void {
    this.#ended ??= new EnvironmentError(reason);
    for (const { reject } of this.#pending.values()) reject(this.#ended);
    this.#pending.clear();
  }
}
