import type { InferenceSession, Tensor } from "onnxruntime-node";
import { parentPort, workerData } from "node:worker_threads";
import { loadOnnxRuntime, type OnnxRuntime } from "./onnxruntime.js";
import { PixelFeed } from "./pixel-feed.js";
import { RunGate } from "./run-gate.js";
import type {
  FromSession,
  OutputTensor,
  SessionSpec,
  ThreadData,
  ToSession,
  ValueDescription,
} from "./onnx-session.js";

/**
 * The thread in which one ONNX model runs: `run` of onnxruntime's binding blocks the event loop of its thread.
 *
 * Messages are answered in order. The thread ends by itself after `close`, never in the middle of a run: ending it
 * from outside then would take the whole process down.
 */
async function serve(port: NonNullable<typeof parentPort>, spec: ThreadData): Promise<void> {
  const answer = (message: FromSession, transfer: readonly ArrayBuffer[] = []): void => {
    port.postMessage(message, transfer);
  };
  const gate = new RunGate(spec.gate);
  let runtime: OnnxRuntime;
  let session: InferenceSession;
  try {
    runtime = await gate.run(loadOnnxRuntime);
    session = await gate.run(() => openSession(runtime, spec));
  } catch (error) {
    answer({ kind: "failed", message: messageOf(error) });
    return;
  }
  const outputs = spec.outputs ?? session.outputNames;
  const feed = new PixelFeed(spec.feed);

  let last = Promise.resolve();
  port.on("message", (message: ToSession) => {
    last = last.then(async () => {
      if (message.kind === "close") {
        await session.release();
        port.close();
        return;
      }
      try {
        const results = new Map<string, OutputTensor>();
        for (const { data, dims, count } of feed.chunks(message.batch)) {
          const input = { [spec.feed.input]: new runtime.Tensor("float32", data, dims) };
          const values = await gate.run(() => session.run(input, outputs));
          for (const name of outputs) append(results, name, values[name]!, count, message.batch.size);
        }
        answer(
          { kind: "done", id: message.id, outputs: results },
          [...results.values()].map(({ data }) => data.buffer as ArrayBuffer),
        );
      } catch (error) {
        answer({ kind: "error", id: message.id, message: messageOf(error) });
      }
    });
  });
  answer({
    kind: "ready",
    inputs: describe(session.inputMetadata),
    outputs: describe(session.outputMetadata),
  });
}

function openSession(runtime: OnnxRuntime, spec: SessionSpec): Promise<InferenceSession> {
  const options: InferenceSession.SessionOptions = {
    executionProviders: ["cpu"],
    intraOpNumThreads: spec.threads,
    logSeverityLevel: 3,
    ...(spec.externalDataFolder
      ? { extra: { session: { model_external_initializers_file_folder_path: spec.externalDataFolder } } }
      : {}),
  };
  return typeof spec.model === "string"
    ? runtime.InferenceSession.create(spec.model, options)
    : runtime.InferenceSession.create(spec.model, options);
}

/** Adds a chunk's first `count` rows to an output of `total` rows; the copy is ours to hand to the other thread. */
function append(
  results: Map<string, OutputTensor>,
  name: string,
  value: Tensor,
  count: number,
  total: number,
): void {
  if (!(value.data instanceof Float32Array)) {
    throw new Error(`output "${name}" is ${value.type}, only float32 can be read`);
  }
  const rowShape = value.dims.slice(1);
  const rowSize = rowShape.reduce((product, size) => product * size, 1);
  if (value.data.length < count * rowSize) throw new Error(`output "${name}" has no row for each image`);
  let result = results.get(name);
  if (!result) {
    result = { shape: [0, ...rowShape], data: new Float32Array(total * rowSize) };
    results.set(name, result);
  }
  result.data.set(value.data.subarray(0, count * rowSize), result.shape[0]! * rowSize);
  result.shape[0]! += count;
}

function describe(metadata: readonly InferenceSession.ValueMetadata[]): ValueDescription[] {
  return metadata.map((value) => ({
    name: value.name,
    type: value.isTensor ? value.type : "not a tensor",
    shape: value.isTensor ? value.shape : [],
  }));
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

if (parentPort) void serve(parentPort, workerData as ThreadData);
