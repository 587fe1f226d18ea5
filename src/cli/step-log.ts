import process from "node:process";

/** Shows the steps of long work: on a terminal what runs now, on one changing line; everywhere a line for each step that took time. */
export class StepLog {
  readonly #output: NodeJS.WriteStream;

  constructor(output: NodeJS.WriteStream = process.stdout) {
    this.#output = output;
  }

  /** Runs one step of the work, which may tell what it is doing. */
  async step<T>(name: string, work: (onProgress: (message: string) => void) => Promise<T>): Promise<T> {
    const started = Date.now();
    const seconds = (): string => `${Math.round((Date.now() - started) / 1000)} s`;
    const isTerminal = this.#output.isTTY;
    let message = "";
    const show = (): void => {
      const line = `${name}: ${message} (${seconds()})`;
      this.#output.write(`\r\x1b[K${line.slice(0, Math.max(20, this.#output.columns - 1))}`);
    };
    const timer = isTerminal ? setInterval(show, 500) : undefined;
    try {
      const result = await work((next) => {
        message = next.trim();
      });
      return result;
    } finally {
      clearInterval(timer);
      if (isTerminal) this.#output.write("\r\x1b[K");
      if (Date.now() - started > 2000) this.#output.write(`${name}: ${seconds()}\n`);
    }
  }
}
