import { Buffer } from "node:buffer";
import process from "node:process";
import type { RequestContext } from "../evaluation/context.js";
import { currentContext } from "../evaluation/context.js";
import { cutText } from "../display/cut.js";
import type { Header } from "../wire/message.js";

export type StreamName = "stdout" | "stderr";

/** Takes text on its way out. It batches: a message for each print would drown the front end. */
export type StreamOutlet = (name: StreamName, text: string, parent: Partial<Header>) => void;

/** Sends what is written to stdout and stderr below the request whose code wrote it. */
export class Streams {
  readonly #outlet: StreamOutlet;
  readonly #fallback: () => RequestContext | undefined;

  /** @param fallback - The request to which text belongs that no request's code wrote, such as a child thread's. */
  constructor(outlet: StreamOutlet, fallback: () => RequestContext | undefined) {
    this.#outlet = outlet;
    this.#fallback = fallback;
  }

  write(name: StreamName, text: string): void {
    if (text === "") return;
    const context = currentContext() ?? this.#fallback();
    if (context?.options.silent !== true) this.#outlet(name, cutText(text), context?.parent ?? {});
  }

  /** Puts this in place of the process's own stdout and stderr. */
  install(): void {
    for (const name of ["stdout", "stderr"] as const) {
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
      process[name].write = write;
    }
  }
}
