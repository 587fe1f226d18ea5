/** Shows how long work goes: on a terminal one changing line, elsewhere a line every ten seconds. Standard error. */
export class StatusLine {
  readonly #output = process.stderr;
  #lastLine = Date.now();

  show(text: string): void {
    if (this.#output.isTTY) {
      this.#output.write(`\r\x1b[K${text.slice(0, Math.max(20, this.#output.columns - 1))}`);
    } else if (Date.now() - this.#lastLine >= 10_000) {
      this.#lastLine = Date.now();
      this.#output.write(`${text}\n`);
    }
  }

  clear(): void {
    if (this.#output.isTTY) this.#output.write("\r\x1b[K");
  }
}
