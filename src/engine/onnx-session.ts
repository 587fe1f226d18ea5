import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { SightbookError } from "../errors.js";
import type { ImageBatch } from "./engine.js";
import type { FeedSpec } from "./pixel-feed.js";
import { RunGate } from "./run-gate.js";

/** A model to run in a thread of its own. */
export interface SessionSpec {
  /** Path or bytes of an ONNX file. */
  readonly model: string | Uint8Array;
  readonly feed: FeedSpec;
  /** Names of outputs to compute. Default: all of them. */
  readonly outputs?: readonly string[];
  readonly threads: number;
  /** Where tensors kept outside the file lie, when the model is given as bytes. */
  readonly externalDataFolder?: string;
}

/** What the thread is given: the model, and the gate that keeps the process from ending in the middle of a run. */
export type ThreadData = SessionSpec & { readonly gate: SharedArrayBuffer };

export interface ValueDescription {
  readonly name: string;
  /** Element type, such as `"float32"`. */
  readonly type: string;
  /** Sizes; a name or an empty text where the size is free. */
  readonly shape: readonly (number | string)[];
}

export interface OutputTensor {
  readonly shape: number[];
  readonly data: Float32Array;
}

export type ToSession =
  { readonly kind: "run"; readonly id: number; readonly batch: ImageBatch } | { readonly kind: "close" };

export type FromSession =
  | { readonly kind: "ready"; readonly inputs: ValueDescription[]; readonly outputs: ValueDescription[] }
  | { readonly kind: "failed"; readonly message: string }
  | { readonly kind: "done"; readonly id: number; readonly outputs: Map<string, OutputTensor> }
  | { readonly kind: "error"; readonly id: number; readonly message: string };

/** A model of onnxruntime running in its worker thread. */
export interface OnnxSession {
  readonly inputs: readonly ValueDescription[];
  readonly outputs: readonly ValueDescription[];
  /** Runs a batch; calls are answered in order. */
  run(batch: ImageBatch): Promise<Map<string, OutputTensor>>;
  /** Finishes the runs already asked for, then ends the thread. */
  dispose(): Promise<void>;
}

/** Threads that onnxruntime uses for one operator when nothing else is said: the cores this process may use. */
export const defaultThreads = (): number => availableParallelism();

interface PendingRun {
  resolve(outputs: Map<string, OutputTensor>): void;
  reject(error: Error): void;
}

/** Starts a thread and loads a model into it; rejects with onnxruntime's own words when it cannot. */
export function openOnnxSession(spec: SessionSpec): Promise<OnnxSession> {
  const gate = new RunGate(new SharedArrayBuffer(4));
  const worker = new Worker(new URL("./onnx-session-worker.js", import.meta.url), {
    workerData: { ...spec, gate: gate.memory } satisfies ThreadData,
    // Options such as --input-type of the process at hand do not suit the thread's file.
    execArgv: [],
  });
  const forgetGate = gate.closeAtExit();
  const ended = new Promise<void>((resolve) =>
    worker.once("exit", () => {
      resolve();
    }),
  );
  const pending = new Map<number, PendingRun>();
  let nextId = 0;
  let disposed = false;

  const settle = (id: number, action: (run: PendingRun) => void): void => {
    const run = pending.get(id);
    pending.delete(id);
    // An idle thread does not keep the process alive; it can be ended safely, since nothing runs in it.
    if (pending.size === 0 && !disposed) worker.unref();
    if (run) action(run);
  };
  const failAll = (error: Error): void => {
    for (const id of [...pending.keys()])
      settle(id, (run) => {
        run.reject(error);
      });
  };

  const session = (ready: Extract<FromSession, { kind: "ready" }>): OnnxSession => ({
    inputs: ready.inputs,
    outputs: ready.outputs,
    run: (batch) =>
      new Promise((resolve, reject) => {
        if (disposed) {
          reject(new SightbookError("InferenceSession.run: the session must be open, but it was disposed."));
          return;
        }
        const id = nextId++;
        pending.set(id, { resolve, reject });
        worker.ref();
        worker.postMessage({ kind: "run", id, batch: ownBytes(batch) } satisfies ToSession);
      }),
    dispose: async () => {
      if (!disposed) {
        disposed = true;
        worker.ref();
        worker.postMessage({ kind: "close" } satisfies ToSession);
      }
      await ended;
    },
  });

  return new Promise((resolve, reject) => {
    worker.on("message", (message: FromSession) => {
      switch (message.kind) {
        case "ready":
          worker.unref();
          resolve(session(message));
          break;
        case "failed":
          reject(new SightbookError(message.message));
          break;
        case "done":
          settle(message.id, (run) => {
            run.resolve(message.outputs);
          });
          break;
        case "error":
          settle(message.id, (run) => {
            run.reject(new SightbookError(`onnxruntime: ${message.message}`));
          });
      }
    });
    worker.on("error", (error) => {
      reject(error);
      failAll(error);
    });
    worker.on("exit", (code) => {
      forgetGate();
      const error = new SightbookError(`onnxruntime: its thread ended with code ${code}.`);
      reject(error);
      failAll(error);
    });
  });
}

/**
 * A message copies the whole memory behind a view unless it is shared, so a view of a larger buffer is cut out first.
 */
function ownBytes(batch: ImageBatch): ImageBatch {
  const { pixels } = batch;
  const shared = pixels.buffer instanceof SharedArrayBuffer;
  return shared || pixels.byteLength === pixels.buffer.byteLength
    ? batch
    : { ...batch, pixels: pixels.slice() };
}
