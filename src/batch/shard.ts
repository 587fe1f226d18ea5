import { access, stat } from "node:fs/promises";
import { join, resolve } from "node:path";

import { loadClassifier, SvmClassifier } from "../classifiers/index.js";
import { ArgumentError, FileError } from "../errors.js";
import { sha256 } from "../export/index.js";
import { readJson, systemReason, writeFileAtomic } from "../files.js";
import { readShardPaths } from "./manifest.js";
import { places, readRun, type BatchRun } from "./run-folder.js";
import { featureTable, scoreTable } from "./tables.js";

/** What a finished shard says of itself. */
export interface ShardSummary {
  readonly shard: number;
  readonly images: number;
  /** How many images have each label; empty for features. */
  readonly labels: Readonly<Record<string, number>>;
  /** Images that could not be read; they have their row in the result too. */
  readonly problems: readonly { readonly path: string; readonly kind: string; readonly message: string }[];
  readonly seconds: number;
  readonly result: { readonly bytes: number; readonly sha256: string };
}

export interface ShardOptions {
  /** Where the images are, when not where the run was made: the mount point in a container. */
  readonly images?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: { readonly done: number; readonly total: number }) => void) | undefined;
}

/**
 * Does one shard of a run: the work of a worker, wherever it runs.
 *
 * The result is written beside its place, flushed to the disk and renamed; then the shard's summary the same way. A shard
 * that has a summary is finished and is not done again. So a worker may be killed at any moment, and two may even do the
 * same shard at once: each image is in the results once.
 *
 * @returns The summary, of now or of the run that finished the shard.
 */
export async function runShard(
  folder: string,
  shard: number,
  options: ShardOptions = {},
): Promise<ShardSummary> {
  const run = await readRun(folder);
  const range = run.shards[shard];
  if (range === undefined) {
    throw new ArgumentError(
      "batch-worker",
      "JOB_COMPLETION_INDEX",
      `from 0 to ${run.shards.length - 1}`,
      shard,
    );
  }
  const finished = await readShard(folder, shard);
  if (finished !== undefined) return finished;
  const started = performance.now();
  await checkFolder(options.images ?? run.root);
  const paths = await readShardPaths(places.manifest(folder), range);
  const { table, labels, problems } = await processImages(run, folder, paths, options);
  await writeFileAtomic(places.result(folder, shard), table);
  const summary: ShardSummary = {
    shard,
    images: paths.length,
    labels,
    problems,
    seconds: (performance.now() - started) / 1000,
    result: { bytes: table.length, sha256: sha256(table) },
  };
  await writeFileAtomic(places.shard(folder, shard), `${JSON.stringify(summary)}\n`);
  return summary;
}

/** A volume that is not mounted must not make a result in which every image is missing. */
async function checkFolder(path: string): Promise<void> {
  try {
    await access(path);
  } catch (error) {
    throw new FileError(path, `the images' folder is not there (${systemReason(error)})`, undefined, {
      cause: error,
    });
  }
}

/** The summary of a finished shard, or `undefined`. */
export async function readShard(folder: string, shard: number): Promise<ShardSummary | undefined> {
  const path = places.shard(folder, shard);
  const size = await stat(path).catch(() => undefined);
  if (size === undefined) return undefined;
  const summary = (await readJson(path)) as ShardSummary;
  const result = places.result(folder, shard);
  const bytes = await stat(result).then(
    ({ size: length }) => length,
    () => 0,
  );
  if (bytes === summary.result.bytes) return summary;
  const was = `has ${bytes} bytes, its summary says ${summary.result.bytes}`;
  throw new FileError(result, was, `To do the shard again, remove ${path}.`);
}

interface Processed {
  readonly table: Uint8Array;
  readonly labels: Readonly<Record<string, number>>;
  readonly problems: ShardSummary["problems"];
}

async function processImages(
  { task, root, batchSize }: BatchRun,
  folder: string,
  paths: readonly string[],
  { images = root, signal, onProgress }: ShardOptions,
): Promise<Processed> {
  const files = paths.map((path) => resolve(images, path));
  // Results name an image as the manifest does, wherever its file was.
  const nameOf = new Map(files.map((file, index) => [file, paths[index]!]));
  const nameFor = (path: string): string => nameOf.get(path) ?? path;
  const options = { batchSize, ...(signal && { signal }), ...(onProgress && { onProgress }) };
  const classifier = await loadClassifier(join(folder, "model.zip"));
  try {
    if (task === "featurize") {
      const network = classifier instanceof SvmClassifier ? classifier.model : classifier;
      const features = await network.featurize(files, options);
      const problems = features.problems.map(({ path, kind, message }) => ({
        path: nameFor(path),
        kind,
        message,
      }));
      return { table: featureTable(paths, { ...features, problems }), labels: {}, problems };
    }
    const predictions = (await classifier.predict(files, options)).map((prediction) => ({
      ...prediction,
      path: nameFor(prediction.path),
    }));
    const labels: Record<string, number> = Object.fromEntries(classifier.labels.map((label) => [label, 0]));
    for (const { label } of predictions) if (label !== undefined) labels[label]!++;
    const problems = predictions.flatMap(({ path, problem }) => (problem ? [{ path, ...problem }] : []));
    return { table: scoreTable(predictions, classifier.labels), labels, problems };
  } finally {
    await classifier.dispose();
  }
}
