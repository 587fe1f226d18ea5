import { ArgumentError, FileError, SightbookError } from "../errors.js";
import type { ImageBatch } from "./engine.js";
import { defaultThreads, openOnnxSession, type OnnxSession, type OutputTensor } from "./onnx-session.js";

export interface InferenceOptions {
  /** Names of the outputs to compute, such as `["features"]`. Default: every output of the model. */
  readonly outputs?: readonly string[];
  /** Threads for one operator. Default: the cores this process may use. */
  readonly threads?: number;
}

/** A finished network on onnxruntime. */
export interface InferenceSession {
  readonly outputNames: readonly string[];
  /** Shape of an output; a name where a dimension is free, as the batch's is. */
  outputShape(name: string): readonly (number | string)[];
  /**
   * Runs a batch of images and gives the outputs by name, the first dimension being the batch.
   *
   * Runs are answered in order. Pixels in a `SharedArrayBuffer` are read in place by the session's thread and must
   * stay as they are until the answer; others are copied.
   */
  run(batch: ImageBatch): Promise<Map<string, OutputTensor>>;
  /** Finishes the runs already asked for and frees the model and its thread. */
  dispose(): Promise<void>;
}

const inputName = "images";

/**
 * Opens an ONNX model that `writeOnnx` made: input `images`, float32 `[batch, height, width, 3]`, RGB 0 to 255.
 *
 * The model runs in a worker thread, so that the caller's event loop stays free.
 *
 * @param onnx - Path or bytes of the ONNX file.
 * @throws {@link FileError} or {@link ArgumentError} when it is no such model, or lacks one of `outputs`.
 */
export async function openInference(
  onnx: string | Uint8Array,
  options: InferenceOptions = {},
): Promise<InferenceSession> {
  const { outputs, threads = defaultThreads() } = options;
  if (!Number.isInteger(threads) || threads < 1) {
    throw new ArgumentError("openInference", "threads", "an integer from 1", threads);
  }
  let session: OnnxSession;
  try {
    session = await openOnnxSession({
      model: onnx,
      feed: { input: inputName, layout: "nhwc" },
      threads,
      ...(outputs ? { outputs } : {}),
    });
  } catch (error) {
    throw unusable(
      onnx,
      `must be an ONNX model that onnxruntime runs, got: ${(error as Error).message}`,
      error,
    );
  }
  try {
    checkSession(onnx, session, outputs);
  } catch (error) {
    await session.dispose();
    throw error;
  }
  return {
    outputNames: outputs ?? session.outputs.map(({ name }) => name),
    outputShape: (name) => session.outputs.find((output) => output.name === name)?.shape ?? [],
    run: async (batch) => {
      checkBatch("InferenceSession.run", batch);
      return session.run(batch);
    },
    dispose: () => session.dispose(),
  };
}

function checkSession(
  onnx: string | Uint8Array,
  session: OnnxSession,
  outputs: readonly string[] | undefined,
): void {
  const [input, ...others] = session.inputs;
  if (input?.name !== inputName || others.length > 0 || input.shape.length !== 4 || input.shape[3] !== 3) {
    const found = session.inputs.map(({ name, shape }) => `"${name}" [${shape.join(", ")}]`).join(", ");
    throw unusable(
      onnx,
      `must have the one input "${inputName}" [batch, height, width, 3], got ${found}`,
      undefined,
      "A model from elsewhere serves as a featuriser: baseModel { onnx, output, imageSize, mean, std }.",
    );
  }
  const names = session.outputs.map(({ name }) => name);
  const missing = outputs?.find((name) => !names.includes(name));
  if (missing === undefined) return;
  throw new ArgumentError(
    "openInference",
    "outputs",
    `among ${names.map((name) => JSON.stringify(name)).join(", ")}`,
    missing,
  );
}

/** @throws {@link ArgumentError} when the number of pixels is not that of the batch's sizes. */
export function checkBatch(where: string, { size, height, width, pixels }: ImageBatch): void {
  const expected = size * height * width * 3;
  if (size > 0 && pixels.length === expected) return;
  throw new ArgumentError(
    where,
    "batch.pixels",
    `${expected} values, at least one image of [${height}, ${width}, 3]`,
    pixels.length,
  );
}

function unusable(
  onnx: string | Uint8Array,
  problem: string,
  cause?: unknown,
  wayOut?: string,
): SightbookError {
  return typeof onnx === "string"
    ? new FileError(onnx, problem, wayOut, { cause })
    : new SightbookError(`openInference: the model ${problem}.${wayOut ? ` ${wayOut}` : ""}`, { cause });
}
