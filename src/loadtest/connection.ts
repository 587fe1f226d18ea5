import { Client, errors, type Dispatcher } from "undici";

import { errorCode } from "../files.js";
import type { LoadErrorKind } from "./report-types.js";

/** A request, ready to be sent any number of times. */
export interface PreparedRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** Why there is no answer, or no right one. */
export interface Failure {
  readonly kind: LoadErrorKind;
  readonly detail: string;
  readonly message: string;
}

/** A whole answer, or why there is none. */
export type Exchange =
  { readonly status: number; readonly serverTiming: string | undefined; readonly body: Buffer } | Failure;

/** One keep-alive connection that has at most one request under way. It connects again after a failure. */
export class Connection {
  readonly #client: Client;

  /** @param origin - Such as `"http://127.0.0.1:5001"`. */
  constructor(origin: string) {
    // Deadlines are ours: undici's have a resolution of a second.
    this.#client = new Client(origin, {
      pipelining: 1,
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: { timeout: 0 },
    });
  }

  /** Sends a request and waits until its answer is there, has failed, or `timeoutMs` have passed. Never rejects. */
  send(request: PreparedRequest, timeoutMs: number): Promise<Exchange> {
    return new Promise((resolve) => {
      const receiver = new Receiver(timeoutMs, resolve);
      this.#client.dispatch({ ...request, method: "POST" }, receiver);
    });
  }

  /** Ends what is under way. */
  async close(): Promise<void> {
    await this.#client.destroy(new Interrupted());
  }
}

/** Longest answer that is read, in bytes: scores are short, and an answer without end must not fill our memory. */
const longestAnswer = 16 * 2 ** 20;

/** Why an exchange ended that the load test itself gave up. */
export const interrupted = "interrupted";

class Interrupted extends Error {
  readonly code = interrupted;
}

class Receiver implements Dispatcher.DispatchHandler {
  readonly #resolve: (exchange: Exchange) => void;
  readonly #timer: NodeJS.Timeout;
  readonly #chunks: Buffer[] = [];
  #length = 0;
  #controller: Dispatcher.DispatchController | undefined;
  #isSettled = false;
  #status = 0;
  #serverTiming: string | undefined;

  constructor(timeoutMs: number, resolve: (exchange: Exchange) => void) {
    this.#resolve = resolve;
    this.#timer = setTimeout(() => {
      const [detail, what] = this.#controller ? ["answer", "answer"] : ["connect", "connection"];
      this.#giveUp({ kind: "timeout", detail, message: `no ${what} within ${Math.round(timeoutMs)} ms` });
    }, timeoutMs);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // There is a connection now, too late for this request.
    if (this.#isSettled) controller.abort(new Error("given up before it was sent"));
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Readonly<Record<string, string | string[] | undefined>>,
  ): void {
    this.#status = status;
    const timing = headers["server-timing"];
    this.#serverTiming = Array.isArray(timing) ? timing.join(",") : timing;
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    if (this.#length <= longestAnswer) return;
    const message = `more than ${longestAnswer / 2 ** 20} MiB`;
    this.#giveUp({ kind: "wrong-answer", detail: "the answer is too long", message });
  }

  onResponseEnd(): void {
    const [first = Buffer.alloc(0)] = this.#chunks;
    const body = this.#chunks.length > 1 ? Buffer.concat(this.#chunks) : first;
    this.#settle({ status: this.#status, serverTiming: this.#serverTiming, body });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#settle(failureOf(error));
  }

  #giveUp(failure: Failure): void {
    this.#settle(failure);
    this.#controller?.abort(new Error(failure.message));
  }

  #settle(exchange: Exchange): void {
    this.#isSettled = true;
    clearTimeout(this.#timer);
    this.#resolve(exchange);
  }
}

function failureOf(error: Error): Failure {
  const code = errorCode(error) ?? error.name;
  const message = error.message || code;
  if (code === "ECONNREFUSED" || (error instanceof AggregateError && everyRefused(error))) {
    return { kind: "refused", detail: "ECONNREFUSED", message };
  }
  if (code === "ECONNRESET" || code === "EPIPE" || error instanceof errors.SocketError) {
    return { kind: "reset", detail: code, message };
  }
  return { kind: "network", detail: code, message };
}

/** A name with several addresses, `localhost` for one, fails with the errors of each. */
function everyRefused({ errors: causes }: AggregateError): boolean {
  return causes.every((cause) => errorCode(cause) === "ECONNREFUSED");
}
