import type { RequestContext } from "../evaluation/context.js";
import { currentContext } from "../evaluation/context.js";
import { cutText } from "../display/cut.js";
import type { Publisher } from "./publisher.js";

export type StreamName = "stdout" | "stderr";

/** Text is sent at the latest this long after it was written, and at once when it fills a batch. */
const BATCH_MS = 30;
const BATCH_CHARACTERS = 64 * 1024;

/** Collects what is written to stdout and stderr, and publishes it in batches below the request that wrote it. */
export class Streams {
  readonly #publisher: Publisher;
  readonly #fallback: () => RequestContext | undefined;
  #chunks: string[] = [];
  #length = 0;
  #name: StreamName = "stdout";
  #context: RequestContext | undefined;
  #since = 0;

  /** @param fallback - The request to which text belongs that no request's code wrote, such as a child thread's. */
  constructor(publisher: Publisher, fallback: () => RequestContext | undefined) {
    this.#publisher = publisher;
    this.#fallback = fallback;
  }

  write(name: StreamName, text: string): void {
    if (text === "") return;
    const context = currentContext() ?? this.#fallback();
    if (this.#chunks.length > 0 && (context !== this.#context || name !== this.#name)) this.flush();
    if (this.#chunks.length === 0) {
      this.#name = name;
      this.#context = context;
      this.#since = performance.now();
      setTimeout(() => {
        this.flush();
      }, BATCH_MS);
    }
    const cut = cutText(text);
    this.#chunks.push(cut);
    this.#length += cut.length;
    // A cell that computes without pause gives timers no chance, so the clock is looked at here too.
    if (this.#length >= BATCH_CHARACTERS || performance.now() - this.#since >= BATCH_MS) this.flush();
  }

  /** Publishes what was written so far. */
  flush(): void {
    if (this.#chunks.length === 0) return;
    const text = this.#chunks.join("");
    this.#chunks = [];
    this.#length = 0;
    const context = this.#context;
    if (context?.options.silent === true) return;
    this.#publisher.publish("stream", { name: this.#name, text }, context?.parent ?? {});
  }

  /** Puts this in place of the process's own stdout and stderr. */
  install(): void {
    for (const name of ["stdout", "stderr"] as const) {
      const stream = process[name];
      const write = (
        chunk: string | Uint8Array,
        encoding?: BufferEncoding | ((error?: Error) => void),
        callback?: (error?: Error) => void,
      ): boolean => {
        const done = typeof encoding === "function" ? encoding : callback;
        const coding = typeof encoding === "string" ? encoding : "utf8";
        this.write(name, typeof chunk === "string" ? chunk : Buffer.from(chunk).toString(coding));
        if (done !== undefined) process.nextTick(done);
        return true;
      };
      stream.write = write;
    }
  }
}
