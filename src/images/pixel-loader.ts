import { stat } from "node:fs/promises";
import { availableParallelism } from "node:os";

import { ArgumentError, CancelledError } from "../errors.js";
import { Random } from "../random.js";
import { decodeResized, type DecodeOptions } from "./decode.js";
import { checkPreprocessing, checkTrainingTransforms } from "./preprocessing.js";
import type { Preprocessing, TrainingTransforms } from "./preprocessing.js";
import { asImageError } from "./messages.js";
import { PixelCache } from "./pixel-cache.js";
import { ImageError, type ImageProblem } from "./problems.js";
import { Workspace } from "./resample.js";
import type { RgbImage } from "./rgb-image.js";
import { Slots } from "./slots.js";
import { cropInto } from "./transforms.js";

export interface PixelLoaderOptions extends DecodeOptions {
  /**
   * Most bytes of decoded pixels kept between epochs. Default 512 MiB: about 2,000 images of 256 px, 15,000 of 96 px.
   * Images past the limit are decoded again in every epoch, with the same result.
   */
  readonly cacheBytes?: number;
  /** Images decoded at the same time. Default: one per processor, from 2 to 8. */
  readonly concurrency?: number;
}

export interface BatchOptions {
  readonly batchSize: number;
  readonly preprocessing: Preprocessing;
  /** Random crops and flips; without it every image is cropped in the middle, as for prediction. */
  readonly training?: TrainingTransforms;
  /** Indices into `paths` in the order to read; an index may come several times. Default: all, from the first. */
  readonly order?: readonly number[];
  /** Source of the random crops and flips, read once at the start. Default: seed 0. */
  readonly random?: Random;
  readonly signal?: AbortSignal;
  /** Batches made ahead of the one being used. Default 2; this and the batch size bound the memory. */
  readonly prefetch?: number;
  /** Called once for each image that is left out. */
  readonly onProblem?: (problem: ImageProblem) => void;
}

/** Images ready for the network. */
export interface PixelBatch {
  /** Index into `paths` of each image; shorter than the batch size where images were left out, and at the end. */
  readonly indices: readonly number[];
  /** Images in this batch, at least 1. */
  readonly size: number;
  readonly height: number;
  readonly width: number;
  /** `[size, height, width, 3]` RGB, 0 to 255, in shared memory: it can go to a worker thread without a copy. */
  readonly pixels: Uint8Array<SharedArrayBuffer>;
}

/**
 * Decodes images in parallel, ahead of their use, and remembers the decoded ones within a limit.
 *
 * Every image passes through its resized form (see {@link Preprocessing}), which is what the cache keeps; random crops
 * are cut from that. So what comes out depends on paths, options and random seed alone, and not on the number of
 * parallel decodings, on their timing or on what the cache holds.
 *
 * @example
 * const loader = new PixelLoader();
 * for await (const { pixels, indices } of loader.batches(paths, { batchSize: 32, preprocessing })) { ... }
 */
export class PixelLoader {
  readonly #cache: PixelCache;
  readonly #slots: Slots;
  readonly #decodeOptions: DecodeOptions;
  readonly #workspace = new Workspace();

  constructor({
    cacheBytes = 512 * 2 ** 20,
    concurrency = defaultConcurrency(),
    ...decodeOptions
  }: PixelLoaderOptions = {}) {
    if (!(cacheBytes >= 0))
      throw new ArgumentError("PixelLoader", "cacheBytes", "0 or more bytes", cacheBytes);
    if (!Number.isInteger(concurrency) || concurrency < 1) {
      throw new ArgumentError("PixelLoader", "concurrency", "a whole number from 1", concurrency);
    }
    this.#cache = new PixelCache(cacheBytes);
    this.#slots = new Slots(concurrency);
    this.#decodeOptions = decodeOptions;
  }

  /** Decoded images kept now, and their bytes. */
  get cached(): { readonly images: number; readonly bytes: number } {
    return { images: this.#cache.size, bytes: this.#cache.bytes };
  }

  /** Forgets the decoded images. */
  clearCache(): void {
    this.#cache.clear();
  }

  /**
   * Reads images in batches. An image that cannot be used is left out of its batch and told to `onProblem`.
   *
   * @throws {@link CancelledError} when `signal` is aborted.
   * @throws {@link ArgumentError} for options out of range.
   */
  async *batches(
    paths: readonly string[],
    options: BatchOptions,
  ): AsyncGenerator<PixelBatch, void, undefined> {
    const {
      batchSize,
      prefetch = 2,
      signal,
      onProblem,
      order = [...paths.keys()],
      random = new Random(0),
    } = options;
    checkBatchOptions(options, paths.length);
    const seed = random.integer(2 ** 32);
    this.#cache.beginRun();

    const stopped = new AbortController();
    const stop = (): void => {
      stopped.abort();
    };
    if (signal?.aborted) throw cancelled();
    signal?.addEventListener("abort", stop, { once: true });
    const ahead: Promise<BatchResult>[] = [];
    const reported = new Set<string>();
    try {
      for (let next = 0; next < order.length || ahead.length > 0;) {
        while (next < order.length && ahead.length <= prefetch) {
          const work = { paths, indices: order.slice(next, next + batchSize), firstPosition: next, seed };
          const batch = this.#batch(work, options, stopped.signal);
          // Awaited below, in order; until then a failure must not count as unhandled.
          batch.catch(() => undefined);
          ahead.push(batch);
          next += batchSize;
        }
        const result = await ahead.shift();
        if (stopped.signal.aborted) throw cancelled();
        for (const problem of result?.problems ?? []) {
          if (reported.has(problem.path)) continue;
          reported.add(problem.path);
          onProblem?.(problem);
        }
        if (result?.batch !== undefined) yield result.batch;
      }
    } finally {
      stop();
      signal?.removeEventListener("abort", stop);
    }
  }

  async #batch(work: BatchWork, options: BatchOptions, stopped: AbortSignal): Promise<BatchResult> {
    const { preprocessing, training } = options;
    const [height, width] = preprocessing.imageSize;
    const imageBytes = height * width * 3;
    let pixels = new Uint8Array(new SharedArrayBuffer(imageBytes * work.indices.length));
    const outcomes = await Promise.all(
      work.indices.map((index, i) =>
        this.#slots.run(async () => {
          if (stopped.aborted) throw cancelled();
          try {
            const image = await this.#resized(work.paths[index]!, preprocessing);
            const random = new Random(mix(work.seed, work.firstPosition + i));
            cropInto(
              pixels.subarray(i * imageBytes, (i + 1) * imageBytes),
              image,
              preprocessing,
              training,
              random,
              this.#workspace,
            );
            return undefined;
          } catch (error) {
            if (error instanceof ImageError) return error.toProblem();
            throw error;
          }
        }),
      ),
    );
    const kept = work.indices.filter((_, i) => outcomes[i] === undefined);
    if (kept.length < work.indices.length) {
      let to = 0;
      outcomes.forEach((problem, from) => {
        if (problem === undefined)
          pixels.copyWithin(imageBytes * to++, imageBytes * from, imageBytes * (from + 1));
      });
      pixels = pixels.subarray(0, imageBytes * kept.length);
    }
    const problems = outcomes.filter((problem) => problem !== undefined);
    if (kept.length === 0) return { problems };
    return { problems, batch: { indices: kept, size: kept.length, height, width, pixels } };
  }

  async #resized(path: string, preprocessing: Preprocessing): Promise<RgbImage> {
    let status;
    try {
      status = await stat(path);
    } catch (error) {
      throw asImageError(path, error);
    }
    const { imageSize, resizeTo, interpolation = "bilinear" } = preprocessing;
    const key = [path, status.mtimeMs, status.size, ...imageSize, resizeTo, interpolation].join("\0");
    const cached = this.#cache.get(key);
    if (cached !== undefined) return cached;
    const image = await decodeResized(path, preprocessing, this.#decodeOptions);
    this.#cache.offer(key, image);
    return image;
  }
}

interface BatchResult {
  readonly batch?: PixelBatch;
  readonly problems: readonly ImageProblem[];
}

interface BatchWork {
  readonly paths: readonly string[];
  readonly indices: readonly number[];
  /** Position of the batch's first image in the whole order: the random stream of an image is its position's. */
  readonly firstPosition: number;
  readonly seed: number;
}

function checkBatchOptions(
  { batchSize, preprocessing, training, order, prefetch = 2 }: BatchOptions,
  count: number,
): void {
  const where = "PixelLoader.batches";
  if (!Number.isInteger(batchSize) || batchSize < 1) {
    throw new ArgumentError(where, "batchSize", "a whole number from 1", batchSize);
  }
  if (!Number.isInteger(prefetch) || prefetch < 0) {
    throw new ArgumentError(where, "prefetch", "a whole number from 0", prefetch);
  }
  const stray = order?.find((index) => !(Number.isInteger(index) && index >= 0 && index < count));
  if (stray !== undefined) throw new ArgumentError(where, "order", `indices from 0 to ${count - 1}`, stray);
  checkPreprocessing(where, preprocessing);
  if (training !== undefined) checkTrainingTransforms(where, training);
}

function cancelled(): CancelledError {
  return new CancelledError("Reading images was cancelled.");
}

function defaultConcurrency(): number {
  return Math.min(8, Math.max(2, availableParallelism()));
}

/** One number from two, so that neighbouring positions give unrelated random streams. */
function mix(seed: number, position: number): number {
  return Math.imul(seed ^ 0x5bd1e995, 0x2545f491) ^ Math.imul(position + 1, 0x9e3779b1);
}
