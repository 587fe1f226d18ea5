import type { ImageBatch } from "../engine/engine.js";
import type { ImageProblem, LabelledImages, PredictionOptions } from "../evaluation/index.js";
import { PixelLoader, type Preprocessing } from "../images/index.js";

import { ArgumentError } from "../errors.js";

/** Images as callers name them: a dataset, or paths. */
export type ImagesToScore = LabelledImages | readonly string[];

/** One row of numbers for each image that could be read. */
export interface ScoredRows {
  /** Row-major `[included.length, columns]`. */
  readonly data: Float32Array;
  readonly columns: number;
  /** For each row, the index of its image in what was passed. */
  readonly included: readonly number[];
  readonly problems: readonly ImageProblem[];
}

/** Runs a network on a batch: the same count of numbers for each image. */
export type BatchRunner = (batch: ImageBatch) => Promise<Float32Array>;

export function pathsOf(images: ImagesToScore): readonly string[] {
  return "images" in images ? images.images.map((image) => image.path) : images;
}

/**
 * Runs a network over image files, decoding the next batch meanwhile; no more than a few batches are held.
 *
 * @throws {@link CancelledError} when `signal` is aborted.
 */
export async function scoreImages(
  where: string,
  run: BatchRunner,
  paths: readonly string[],
  preprocessing: Preprocessing,
  { batchSize = 32, signal, onProgress }: PredictionOptions = {},
): Promise<ScoredRows> {
  if (!Number.isInteger(batchSize) || batchSize < 1) {
    throw new ArgumentError(where, "batchSize", "a whole number from 1", batchSize);
  }
  const rows: Float32Array[] = [];
  const included: number[] = [];
  const problems: ImageProblem[] = [];
  const batches = new PixelLoader({ cacheBytes: 0 }).batches(paths, {
    batchSize,
    preprocessing,
    ...(signal && { signal }),
    onProblem: (problem) => problems.push(problem),
  });
  for await (const batch of batches) {
    rows.push(await run(batch));
    included.push(...batch.indices);
    onProgress?.({ done: included.length + problems.length, total: paths.length });
  }
  const data = concatenate(rows);
  return { data, columns: included.length === 0 ? 0 : data.length / included.length, included, problems };
}

function concatenate(rows: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(rows.reduce((total, { length }) => total + length, 0));
  let at = 0;
  for (const row of rows) {
    all.set(row, at);
    at += row.length;
  }
  return all;
}
