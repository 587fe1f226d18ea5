import { Worker } from "node:worker_threads";
import { EnvironmentError } from "../../errors.js";
import type { Request, Response, WorkerCall, WorkerCalls } from "./protocol.js";

interface Pending {
  readonly resolve: (result: WorkerCalls[WorkerCall]["result"]) => void;
  readonly reject: (error: Error) => void;
}

/** The asking side of `worker.ts`. It keeps the process alive only while an answer is outstanding. */
export class WorkerClient {
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  #nextId = 0;
  #ended: EnvironmentError | undefined;

  constructor() {
    this.#worker = new Worker(new URL("./worker.js", import.meta.url), {
      name: "sightbook-tensorflow",
      // The program's own flags (loaders, --eval and the like) are not for this thread.
      execArgv: [],
    });
    this.#worker.unref();
    this.#worker.on("message", (response: Response) => {
      this.#settle(response);
    });
    this.#worker.on("error", (error) => {
      this.#end(`TensorFlow's thread failed: ${error instanceof Error ? error.message : String(error)}`);
    });
    this.#worker.on("exit", (code) => {
      this.#end(`TensorFlow's thread ended (exit code ${code}).`);
    });
  }

  /** Asks; answers come in the order of the calls. */
  call<C extends WorkerCall>(
    call: C,
    argument: WorkerCalls[C]["argument"],
  ): Promise<WorkerCalls[C]["result"]> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    const request: Request<C> = { id: this.#nextId++, call, argument };
    return new Promise((resolve, reject) => {
      this.#pending.set(request.id, { resolve, reject });
      this.#worker.ref();
      this.#worker.postMessage(request);
    });
  }

  /** Ends the thread, after the call that it is answering. */
  async terminate(): Promise<void> {
    this.#end("The TensorFlow engine was disposed.");
    await this.#worker.terminate();
  }

  #settle(response: Response): void {
    const pending = this.#pending.get(response.id);
    this.#pending.delete(response.id);
    if (this.#pending.size === 0) this.#worker.unref();
    if (pending === undefined) return;
    if ("error" in response) pending.reject(new EnvironmentError(`TensorFlow: ${response.error}`));
    else pending.resolve(response.result);
  }

  #end(reason: string): void {
    this.#ended ??= new EnvironmentError(reason);
    for (const { reject } of this.#pending.values()) reject(this.#ended);
    this.#pending.clear();
  }
}
