import { Worker } from "node:worker_threads";

import { CancelledError, EnvironmentError } from "../errors.js";
import type { Target } from "./contract.js";
import type { Load, LoadStepReport } from "./report-types.js";

export type ToGenerator =
  | { readonly kind: "ask"; readonly timeoutMs: number }
  | { readonly kind: "run"; readonly load: Load; readonly timeoutMs: number; readonly seed: number }
  | { readonly kind: "stop" };

export type FromGenerator =
  | { readonly kind: "asked"; readonly problem: string | undefined }
  | { readonly kind: "progress"; readonly report: LoadStepReport }
  | { readonly kind: "done"; readonly report: LoadStepReport };

/** Sends requests from a thread of its own. One call at a time. */
export class LoadGenerator {
  readonly #worker: Worker;
  readonly #target: Target;

  constructor(target: Target) {
    this.#target = target;
    this.#worker = new Worker(new URL("./generator-worker.js", import.meta.url), {
      name: "sightbook-load-generator",
      execArgv: [],
      workerData: target,
    });
  }

  /**
   * Asks once, before any load: a wrong address or key is better said at once than measured.
   *
   * @throws {@link EnvironmentError} when the service does not answer as its contract says; {@link CancelledError} when
   *   `signal` aborts.
   */
  async ask(timeoutMs: number, signal: AbortSignal): Promise<void> {
    const { problem } = await this.#call({ kind: "ask", timeoutMs }, "asked", signal);
    if (signal.aborted) throw nothingMeasured();
    if (problem === undefined) return;
    const { origin, requests } = this.#target;
    throw new EnvironmentError(
      `loadTest: a first request to ${origin}${requests[0]!.path} failed: ${problem}.`,
    );
  }

  /** Runs one step; when `signal` aborts, what was measured until then is its report. */
  async run(
    load: Load,
    options: {
      readonly timeoutMs: number;
      readonly seed: number;
      readonly signal: AbortSignal;
      readonly onProgress: (report: LoadStepReport) => void;
    },
  ): Promise<LoadStepReport> {
    const { timeoutMs, seed, signal, onProgress } = options;
    const listen = (message: FromGenerator): void => {
      if (message.kind === "progress") onProgress(message.report);
    };
    this.#worker.on("message", listen);
    try {
      return (await this.#call({ kind: "run", load, timeoutMs, seed }, "done", signal)).report;
    } finally {
      this.#worker.off("message", listen);
    }
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  async #call<Kind extends FromGenerator["kind"]>(
    message: ToGenerator,
    kind: Kind,
    signal: AbortSignal,
  ): Promise<Extract<FromGenerator, { readonly kind: Kind }>> {
    const stop = (): void => {
      this.#worker.postMessage({ kind: "stop" } satisfies ToGenerator);
    };
    this.#worker.postMessage(message);
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
    try {
      return await this.#next(kind);
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  #next<Kind extends FromGenerator["kind"]>(
    kind: Kind,
  ): Promise<Extract<FromGenerator, { readonly kind: Kind }>> {
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        this.#worker.off("message", onMessage).off("error", onError);
      };
      const onMessage = (message: FromGenerator): void => {
        if (message.kind !== kind) return;
        settle();
        resolve(message as Extract<FromGenerator, { readonly kind: Kind }>);
      };
      const onError = (error: Error): void => {
        settle();
        reject(new EnvironmentError(`loadTest: the load generator's thread failed (${error.message}).`));
      };
      this.#worker.on("message", onMessage).on("error", onError);
    });
  }
}

/** What an interrupt leaves that came too early. */
export function nothingMeasured(): CancelledError {
  return new CancelledError("loadTest: interrupted before anything was measured.");
}
