import { clearTimeout, setTimeout } from "node:timers";
import type { Header } from "../wire/message.js";

/** Text is sent at the latest this long after it was written, and at once when it fills a batch. */
const BATCH_MS = 20;
const BATCH_CHARACTERS = 128 * 1024;

interface Batch {
  readonly name: string;
  readonly parent: Partial<Header>;
  readonly chunks: string[];
  length: number;
}

/**
 * Joins what is printed in quick succession to one message. It lives on the transport thread, whose clock goes on while the
 * main thread computes: what a cell prints before a long loop is seen while the loop runs.
 */
export class StreamBatches {
  readonly #publish: (name: string, text: string, parent: Partial<Header>) => void;
  #batch: Batch | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(publish: (name: string, text: string, parent: Partial<Header>) => void) {
    this.#publish = publish;
  }

  add(name: string, text: string, parent: Partial<Header>): void {
    if (this.#batch?.name !== name || this.#batch.parent.msg_id !== parent.msg_id) {
      this.flush();
      this.#batch = { name, parent, chunks: [], length: 0 };
    }
    this.#batch.chunks.push(text);
    this.#batch.length += text.length;
    if (this.#batch.length >= BATCH_CHARACTERS) this.flush();
    else
      this.#timer ??= setTimeout(() => {
        this.flush();
      }, BATCH_MS);
  }

  /** Sends what is held back; whatever else is published must come after it. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const batch = this.#batch;
    this.#batch = undefined;
    if (batch !== undefined) this.#publish(batch.name, batch.chunks.join(""), batch.parent);
  }
}
