import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir } from "node:fs/promises";
import { join, resolve } from "node:path";

import { ArgumentError, FileError } from "../errors.js";
import { readBundle, sha256, writeBundle } from "../export/index.js";
import { readJson, readText, systemReason, writeFileAtomic } from "../files.js";
import { layOut, listImages, type ShardRange } from "./manifest.js";

/** What is done with each image: its label and scores, or its features. */
export type BatchTask = "score" | "featurize";

/** A batch run as its `run.json` describes it. A run folder holds all that its workers need but the images. */
export interface BatchRun {
  readonly schemaVersion: 1;
  /** Names the run wherever executors leave something. */
  readonly id: string;
  readonly task: BatchTask;
  /** SHA-256 over the hashes of the files in the model's bundle. */
  readonly model: string;
  /** Relative paths in the manifest are meant from here. */
  readonly root: string;
  /** Holds all images: what workers elsewhere must see. */
  readonly imagesFolder: string;
  readonly images: number;
  /** Paths that were listed more than once. */
  readonly repeated: number;
  readonly batchSize: number;
  /** SHA-256 of the manifest. */
  readonly manifest: string;
  readonly shards: readonly ShardRange[];
}

/** Where things are in a run folder. */
export const places = {
  run: (folder: string): string => join(folder, "run.json"),
  manifest: (folder: string): string => join(folder, "manifest.txt"),
  model: (folder: string): string => join(folder, "model.zip"),
  /** Results alone, so that the folder can be read as one Parquet dataset. */
  results: (folder: string): string => join(folder, "results"),
  result: (folder: string, shard: number): string => join(folder, "results", `${shardName(shard)}.parquet`),
  shards: (folder: string): string => join(folder, "shards"),
  /** Exists when the shard is finished. */
  shard: (folder: string, shard: number): string => join(folder, "shards", `${shardName(shard)}.json`),
  summary: (folder: string): string => join(folder, "summary.json"),
} as const;

const shardName = (shard: number): string => String(shard).padStart(6, "0");

export interface RunOptions {
  readonly bundle: string;
  readonly images: string | readonly string[];
  readonly task: BatchTask;
  readonly shardSize: number;
  readonly batchSize: number;
}

/**
 * Makes a run folder, or opens one that an earlier run of the same work left.
 *
 * @throws {@link ArgumentError} when the folder holds other work, or other files.
 */
export async function openRun(folder: string, options: RunOptions): Promise<BatchRun> {
  const { bundle, task, shardSize, batchSize } = options;
  const { root, paths, folder: imagesFolder, repeated } = await listImages(options.images);
  const { text, shards } = layOut(paths, shardSize);
  const { manifest, files } = await readBundle(bundle);
  const { schemaVersion, files: listed, ...description } = manifest;
  const run: BatchRun = {
    schemaVersion: 1,
    id: randomBytes(6).toString("hex"),
    task,
    model: sha256(Buffer.from(JSON.stringify({ schemaVersion, files: listed }))),
    root,
    imagesFolder,
    images: paths.length,
    repeated,
    batchSize,
    manifest: sha256(Buffer.from(text)),
    shards,
  };
  if (existsSync(places.run(folder))) {
    const known = await readRun(folder);
    const changed = (["task", "model", "root", "manifest", "batchSize"] as const).filter(
      (key) => known[key] !== run[key],
    );
    if (JSON.stringify(known.shards) !== JSON.stringify(shards)) changed.push("manifest");
    if (changed.length === 0) {
      await checkManifest(folder, known);
      return known;
    }
    const what = [...new Set(changed)].join(", ");
    throw new ArgumentError(
      "batch",
      "output",
      `a folder with a run of the same work, or a new one (it has another ${what})`,
      folder,
    );
  }
  for (const place of [places.results(folder), places.shards(folder)]) {
    await makeEmpty(folder, place);
  }
  await writeFileAtomic(places.manifest(folder), text);
  await writeBundle(places.model(folder), description, files);
  // Last: what has no run.json is no run.
  await writeFileAtomic(places.run(folder), `${JSON.stringify(run, undefined, 1)}\n`);
  return run;
}

/** Results of another run, whose description is gone, must not be taken for this one's. */
async function makeEmpty(folder: string, place: string): Promise<void> {
  try {
    await mkdir(place, { recursive: true });
  } catch (error) {
    throw new FileError(place, `could not be made (${systemReason(error)})`, undefined, { cause: error });
  }
  const [found] = await readdir(place);
  if (found === undefined) return;
  const must = "a folder with a run of the same work, or a new one";
  throw new ArgumentError(
    "batch",
    "output",
    `${must} (without run.json it holds ${join(place, found)})`,
    folder,
  );
}

/** Workers read parts of the manifest, which cannot tell whether the whole is what it was. */
async function checkManifest(folder: string, run: BatchRun): Promise<void> {
  const path = places.manifest(folder);
  if (sha256(Buffer.from(await readText(path))) === run.manifest) return;
  throw new FileError(path, "is not the manifest that the run was made with", "Begin a new run.");
}

export async function readRun(folder: string): Promise<BatchRun> {
  const path = places.run(folder);
  if (!existsSync(path)) throw new FileError(resolve(folder), "is no batch run, it holds no run.json");
  const run = (await readJson(path)) as Partial<BatchRun> | null;
  if (run?.schemaVersion !== 1 || !Array.isArray(run.shards) || typeof run.id !== "string") {
    throw new FileError(path, "is not the description of a batch run that this version can read");
  }
  return run as BatchRun;
}
