import type { RawScores } from "./inference-messages.js";
import type { LogitsRunner } from "./open-logits.js";

type Pixels = Uint8Array | Float32Array;

interface Waiting {
  readonly id: number;
  readonly pixels: Pixels;
  resolve(scores: Omit<RawScores, "decodeMs">): void;
  reject(error: unknown): void;
}

export interface ReadyBatchesOptions {
  readonly imageSize: readonly [height: number, width: number];
  /** Number of labels. */
  readonly labels: number;
  readonly maxBatch: number;
  /** Whether nobody waits for an image any more; it is then rejected and not run. */
  readonly isDropped: (id: number) => boolean;
}

/** Why an image was not decoded or run. */
export class DroppedError extends Error {
  override readonly message = "nobody waits for it any more";
}

/**
 * Runs images as they become ready: one that finds the network idle runs at once, those that come meanwhile run together
 * after it, at most `maxBatch` at a time. Nothing ever waits for a batch to fill.
 */
export function readyBatches(
  run: LogitsRunner,
  { imageSize: [height, width], labels, maxBatch, isDropped }: ReadyBatchesOptions,
): { run(id: number, pixels: Pixels): Promise<Omit<RawScores, "decodeMs">> } {
  const imageLength = height * width * 3;
  let waiting: Waiting[] = [];
  let running = false;

  const takeBatch = (): Waiting[] => {
    const [gone, wanted] = partition(waiting, ({ id }) => isDropped(id));
    for (const image of gone) image.reject(new DroppedError());
    // Bytes and floats do not share a batch: whole numbers take a quarter of the memory.
    const batch = wanted.filter(({ pixels }) => pixels.constructor === wanted[0]!.pixels.constructor);
    const taken = new Set(batch.slice(0, maxBatch));
    waiting = wanted.filter((image) => !taken.has(image));
    return [...taken];
  };

  const runAll = async (): Promise<void> => {
    running = true;
    for (let batch = takeBatch(); batch.length > 0; batch = takeBatch()) {
      try {
        const pixels = joined(batch, imageLength);
        const startedAt = performance.now();
        const logits = await run({ size: batch.length, height, width, pixels });
        const inferenceMs = performance.now() - startedAt;
        batch.forEach((image, row) => {
          const own = logits.slice(row * labels, (row + 1) * labels);
          image.resolve({ logits: own, inferenceMs, batchSize: batch.length });
        });
      } catch (error) {
        for (const image of batch) image.reject(error);
      }
    }
    running = false;
  };

  return {
    run: (id, pixels) =>
      new Promise((resolve, reject) => {
        waiting.push({ id, pixels, resolve, reject });
        if (!running) void runAll();
      }),
  };
}

function joined(batch: readonly Waiting[], imageLength: number): Pixels {
  const [first] = batch;
  if (batch.length === 1) return first!.pixels;
  const length = batch.length * imageLength;
  const all = first!.pixels instanceof Float32Array ? new Float32Array(length) : new Uint8Array(length);
  batch.forEach(({ pixels }, row) => {
    all.set(pixels, row * imageLength);
  });
  return all;
}

function partition<T>(values: readonly T[], test: (value: T) => boolean): [yes: T[], no: T[]] {
  const yes = values.filter(test);
  return [yes, values.filter((value) => !yes.includes(value))];
}
