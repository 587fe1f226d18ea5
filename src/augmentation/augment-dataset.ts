import { createHash } from "node:crypto";
import { mkdir, readFile, stat } from "node:fs/promises";
import { basename, extname, join } from "node:path";

import { cacheFolder } from "../cache.js";
import { ClassificationDataset, inParallel, type ImageRecord, type RecordInput } from "../data/index.js";
import { ArgumentError, CancelledError } from "../errors.js";
import { systemReason, writeFileAtomic } from "../files.js";
import { ImageError } from "../images/index.js";
import type { Augmenter } from "./augmenter.js";
import type { CopyOrder } from "./copies.js";
import { CopyPool } from "./copy-pool.js";
import { checkAugmenters } from "./meta.js";

export interface AugmentDatasetOptions {
  /** The same seed gives the same images. Default 0. */
  readonly seed?: number;
  /**
   * Folder for the copies, one folder per label in it. Default: `augmented` in the user's cache, where a copy that was
   * made before, of the same image by the same pipeline and seed, is used again.
   */
  readonly outputDirectory?: string;
  readonly signal?: AbortSignal;
  /** Called after each image with the copies that are there. */
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

/** Part of every copy's name; goes up when an augmenter's pixels change for the same recipe. */
const recipeVersion = 1;

/**
 * Makes a dataset N + 1 times as large: the originals, and for each of N pipelines one augmented copy of each image.
 *
 * Copies are files: JPEG of quality 95 with full colour resolution where the original is JPEG, else PNG. They keep the
 * original's labels and name it in `augmentedFrom`. A copy depends on its image's content and id, the pipeline's recipe
 * and place, and the seed, and on nothing else; its name holds a hash of these, so that work that was interrupted goes
 * on where it stopped, and a second run makes nothing again. Originals are only read.
 *
 * An image that cannot be decoded joins `dataset.problems` and has no copy.
 *
 * @param dataset - Give the training set alone: copies of test images would make an evaluation too good.
 * @throws {@link CancelledError} when `signal` is aborted; copies made until then stay.
 * @example
 * const pipeline = new augmenters.Sequential([new augmenters.Fliplr(0.5), new augmenters.Crop({ percent: [0, 0.1] })]);
 * const larger = await augmentDataset(trainSet, [pipeline]);
 */
export async function augmentDataset(
  dataset: ClassificationDataset,
  pipelines: readonly Augmenter[],
  options: AugmentDatasetOptions = {},
): Promise<ClassificationDataset> {
  const { seed = 0, outputDirectory = cacheFolder("augmented"), signal, onProgress } = options;
  checkAugmenters("augmentDataset", "pipelines", pipelines);
  if (!Number.isInteger(seed)) throw new ArgumentError("augmentDataset", "seed", "a whole number", seed);
  const { images, labels } = dataset;
  const copies = new Map<ImageRecord, readonly RecordInput[]>();
  const report = (done: number): void => {
    onProgress?.({ done: done * pipelines.length, total: images.length * pipelines.length });
  };
  const pool = new CopyPool();
  try {
    await inParallel(images, { concurrency: pool.size, onProgress: report }, async (image) => {
      if (signal?.aborted) {
        throw new CancelledError("Augmenting the dataset was cancelled; finished copies stay.");
      }
      try {
        copies.set(image, await augmentFile(image, pipelines, { seed, outputDirectory, pool }));
      } catch (error) {
        if (!(error instanceof ImageError)) throw error;
        dataset.addProblem(error.toProblem());
      }
    });
  } finally {
    await pool.close();
  }

  const originals = images.filter((image) => copies.has(image));
  const records = pipelines.flatMap((_, i) => originals.map((image) => copies.get(image)![i]!));
  return ClassificationDataset.fromRecords([...originals.map(toInput), ...records], {
    labels,
    check: "headers",
  });
}

function toInput({ path, labels, id, augmentedFrom }: ImageRecord): RecordInput {
  return { path, labels, id, ...(augmentedFrom !== undefined && { augmentedFrom }) };
}

interface Work {
  readonly seed: number;
  readonly outputDirectory: string;
  readonly pool: CopyPool;
}

/** Makes the copies of one image that are not there yet. */
async function augmentFile(
  image: ImageRecord,
  pipelines: readonly Augmenter[],
  { seed, outputDirectory, pool }: Work,
): Promise<RecordInput[]> {
  const content = await hashImage(image.path);
  const folder = join(outputDirectory, folderName(image.labels[0]!));
  const format = image.format === "jpeg" ? "jpeg" : "png";
  await mkdir(folder, { recursive: true });
  const records: RecordInput[] = [];
  const orders: (CopyOrder & { readonly path: string })[] = [];
  for (const [place, pipeline] of pipelines.entries()) {
    const recipe = JSON.stringify({ recipeVersion, seed, place, pipeline, id: image.id, content });
    const hash = createHash("sha256").update(recipe).digest();
    const suffix = `${hash.toString("hex", 0, 8)}.${format === "jpeg" ? "jpg" : "png"}`;
    const path = join(folder, `${stem(image.name)}-${place + 1}-${suffix}`);
    if (!(await exists(path))) orders.push({ path, pipeline, seed: hash.readInt32LE(0) });
    const augmentedFrom = image.augmentedFrom ?? image.id;
    records.push({ path, labels: image.labels, id: `${image.id}#${place + 1}`, augmentedFrom });
  }
  if (orders.length > 0) {
    const made = await pool.make(image.path, format, orders);
    if ("problem" in made) throw ImageError.of(made.problem);
    for (const [i, { path }] of orders.entries()) await writeFileAtomic(path, made.copies[i]!);
  }
  return records;
}

async function hashImage(path: string): Promise<string> {
  try {
    return createHash("sha256")
      .update(await readFile(path))
      .digest("hex");
  } catch (error) {
    const problem = `the file cannot be read (${systemReason(error)})`;
    throw new ImageError(path, "unreadable", problem, "Make it readable, or take it out of the dataset.", {
      cause: error,
    });
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    (status) => status.size > 0,
    () => false,
  );
}

/** A label as the name of a folder on every platform. */
function folderName(label: string): string {
  const isUnsafe = (character: string): boolean => character < " " || '<>:"/\\|?*'.includes(character);
  const safe = Array.from(label, (character) => (isUnsafe(character) ? "_" : character)).slice(0, 60);
  return safe.join("").replace(/^\./, "_").replace(/[. ]$/, "_") || "_";
}

function stem(name: string): string {
  return Array.from(basename(name, extname(name)))
    .slice(0, 40)
    .join("");
}
