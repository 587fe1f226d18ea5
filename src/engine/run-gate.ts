const idle = 0;
const running = 1;
const closed = 2;

const openGates = new Set<RunGate>();

function closeGates(): void {
  for (const gate of openGates) gate.close();
}

/**
 * Keeps a process from ending while a thread of it is inside a native library, which would take the process down: `process.exit`
 * ends threads wherever they are. Seen with onnxruntime-node 1.30 ("terminate called after throwing an instance of
 * 'Napi::Error'") and Dawn, npm package webgpu 0.6 ("napi_throw"); TensorFlow's binding bears it.
 *
 * The thread passes the gate around each piece of work; the main thread closes it when the process ends, which then waits for
 * the piece in flight.
 */
export class RunGate {
  readonly #state: Int32Array;

  /** @param memory - Four bytes that both threads share. */
  constructor(readonly memory: SharedArrayBuffer) {
    this.#state = new Int32Array(memory);
  }

  /** Runs `work`; once the gate is closed, waits forever instead, for the process is about to end. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (Atomics.compareExchange(this.#state, 0, idle, running) !== idle)
      return new Promise<never>(() => undefined);
    try {
      return await work();
    } finally {
      Atomics.store(this.#state, 0, idle);
      Atomics.notify(this.#state, 0);
    }
  }

  /** For the main thread: closes this gate when the process ends. Give the returned function a call when the thread is gone. */
  closeAtExit(): () => void {
    if (openGates.size === 0) process.on("exit", closeGates);
    openGates.add(this);
    return () => {
      openGates.delete(this);
      if (openGates.size === 0) process.off("exit", closeGates);
    };
  }

  /** Waits, blocking, for the run in flight; none begins afterwards. */
  close(): void {
    while (Atomics.compareExchange(this.#state, 0, idle, closed) === running)
      Atomics.wait(this.#state, 0, running);
  }
}
