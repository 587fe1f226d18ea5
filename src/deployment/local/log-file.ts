import { copyFileSync, statSync, truncateSync } from "node:fs";

const largestBytes = 10 << 20;
const checkEveryMs = 30_000;

/** Keeps a log that processes append to from growing without end: at 10 MiB it becomes `<path>.1`, and starts anew. */
export class LogFile {
  readonly #path: string;
  readonly #timer: NodeJS.Timeout;

  constructor(path: string) {
    this.#path = path;
    this.#timer = setInterval(() => {
      this.rotate();
    }, checkEveryMs).unref();
  }

  rotate(largest = largestBytes): void {
    try {
      if (statSync(this.#path).size < largest) return;
      // The processes hold the file open in append mode: it must stay the same file.
      copyFileSync(this.#path, `${this.#path}.1`);
      truncateSync(this.#path);
    } catch {
      // A full disk must not end the service; the next turn tries again.
    }
  }

  close(): void {
    clearInterval(this.#timer);
  }
}
