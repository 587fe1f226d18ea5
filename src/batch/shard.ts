import { access, readFile, rm } from "node:fs/promises";
import { join, relative, resolve } from "node:path";

import { loadClassifier, SvmClassifier, type ImagePrediction } from "../classifiers/index.js";
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
  /** Where the run's `imagesFolder` is, when not where the run was made: the mount point in a container. */
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
  const images = options.images ?? run.imagesFolder;
  await checkFolder(images);
  const paths = await readShardPaths(places.manifest(folder), range);
  const files = paths.map((path) => join(images, relative(run.imagesFolder, resolve(run.root, path))));
  if (images !== run.imagesFolder) await checkMount(images, run, files);
  const { table, labels, problems } = await processImages(run, folder, paths, files, options);
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

/** The same for a volume where another folder was mounted, or one that may not be entered. */
async function checkMount(
  images: string,
  { imagesFolder }: BatchRun,
  files: readonly string[],
): Promise<void> {
  let reason = "";
  for (const file of files) {
    try {
      await access(file);
      return;
    } catch (error) {
      reason = systemReason(error);
    }
  }
  throw new FileError(
    images,
    `holds none of the shard's ${files.length} images (${reason})`,
    `What the run knows as ${imagesFolder} must be there.`,
  );
}

/** The summary of a finished shard; `undefined` when there is none, or when its result is not what the summary says. */
export async function readShard(folder: string, shard: number): Promise<ShardSummary | undefined> {
  try {
    const summary = (await readJson(places.shard(folder, shard))) as ShardSummary | null;
    const result = await readFile(places.result(folder, shard));
    return summary?.result.sha256 === sha256(result) ? summary : undefined;
  } catch {
    // Whatever is wrong with them, the shard can be done again.
    return undefined;
  }
}

/** Shards that are not finished, in order. Each result is read and compared with its hash. */
export async function pendingShards(folder: string, { shards }: BatchRun): Promise<number[]> {
  const pending: number[] = [];
  for (const shard of shards.keys()) {
    if (await readShard(folder, shard)) continue;
    // A worker that finds a damaged one done again by another must not take the old summary for its.
    await rm(places.shard(folder, shard), { force: true });
    pending.push(shard);
  }
  return pending;
}

interface Processed {
  readonly table: Uint8Array;
  readonly labels: Readonly<Record<string, number>>;
  readonly problems: ShardSummary["problems"];
}

async function processImages(
  { task, batchSize }: BatchRun,
  folder: string,
  paths: readonly string[],
  files: readonly string[],
  { signal, onProgress }: ShardOptions,
): Promise<Processed> {
  // Results name an image as the manifest does, wherever its file was; a problem's message begins with the name.
  const nameOf = new Map(files.map((file, index) => [file, paths[index]!]));
  const renamed = <P extends { readonly path: string; readonly message: string }>(problem: P): P => {
    const path = nameOf.get(problem.path) ?? problem.path;
    return { ...problem, path, message: path + problem.message.slice(problem.path.length) };
  };
  const options = { batchSize, ...(signal && { signal }), ...(onProgress && { onProgress }) };
  const classifier = await loadClassifier(join(folder, "model.zip"));
  try {
    if (task === "featurize") {
      const network = classifier instanceof SvmClassifier ? classifier.model : classifier;
      const features = await network.featurize(files, options);
      const problems = features.problems.map(renamed);
      return { table: featureTable(paths, { ...features, problems }), labels: {}, problems };
    }
    const predictions = (await classifier.predict(files, options)).map(
      (prediction, index): ImagePrediction => {
        const path = paths[index]!;
        if (prediction.problem === undefined) return { ...prediction, path };
        const { kind, message } = renamed({ path: prediction.path, ...prediction.problem });
        return { path, problem: { kind, message } };
      },
    );
    const labels: Record<string, number> = Object.fromEntries(classifier.labels.map((label) => [label, 0]));
    for (const { label } of predictions) if (label !== undefined) labels[label]!++;
    const problems = predictions.flatMap(({ path, problem }) => (problem ? [{ path, ...problem }] : []));
    return { table: scoreTable(predictions, classifier.labels), labels, problems };
  } finally {
    await classifier.dispose();
  }
}
