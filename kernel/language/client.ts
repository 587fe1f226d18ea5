import { URL } from "node:url";
import { Worker } from "node:worker_threads";

import type { LanguageAnswers, LanguageCall, LanguageReply, LanguageRequest } from "./protocol.js";

/** The main thread's side of the language thread, where TypeScript lives. */
export class LanguageClient {
  readonly #worker: Worker;
  readonly #waiting = new Map<
    number,
    { resolve: (value: unknown) => void; reject: (error: Error) => void }
  >();
  #count = 0;

  constructor() {
    this.#worker = new Worker(new URL("./worker.js", import.meta.url), { stdout: true, stderr: true });
    this.#worker.unref();
    this.#worker.on("message", (reply: LanguageReply) => {
      const waiting = this.#waiting.get(reply.id);
      this.#waiting.delete(reply.id);
      if ("error" in reply) waiting?.reject(new Error(reply.error));
      else waiting?.resolve(reply.value);
    });
    this.#worker.on("error", (error) => {
      for (const waiting of this.#waiting.values()) waiting.reject(error);
      this.#waiting.clear();
    });
  }

  ask<R extends LanguageRequest>(request: R): Promise<LanguageAnswers[R["kind"]]> {
    const call: LanguageCall = { id: (this.#count += 1), request };
    return new Promise((resolve, reject) => {
      this.#waiting.set(call.id, { resolve: resolve as (value: unknown) => void, reject });
      this.#worker.postMessage(call);
    });
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}
