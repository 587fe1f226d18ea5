/** One socket's outgoing queue: ZeroMQ refuses a second send while one is under way. */
export class Sender {
  readonly #send: (frames: Uint8Array[]) => Promise<void>;
  #last: Promise<void> = Promise.resolve();

  constructor(send: (frames: Uint8Array[]) => Promise<void>) {
    this.#send = send;
  }

  /** Sends after everything that was queued before; a message that cannot be delivered is dropped. */
  send(frames: Uint8Array[], sent?: () => void): void {
    this.#last = this.#last
      .then(() => this.#send(frames))
      .catch(() => undefined)
      .then(sent);
  }

  /** Resolves when the queue is empty. */
  async drained(): Promise<void> {
    let last: Promise<void> | undefined;
    while (last !== this.#last) {
      last = this.#last;
      await last;
    }
  }
}
