import { createHash } from "node:crypto";
import { mkdir, readFile, stat } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { basename, extname, join } from "node:path";

import { cacheFolder } from "../cache.js";
import { ClassificationDataset, inParallel, type ImageRecord, type RecordInput } from "../data/index.js";
import { ArgumentError, CancelledError } from "../errors.js";
import { systemReason, writeFileAtomic } from "../files.js";
import { decodeImage, encodeImage, ImageError } from "../images/index.js";
import { Random } from "../random.js";
import type { Augmenter } from "./augmenter.js";
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
  const concurrency = Math.max(2, availableParallelism());
  const report = (done: number): void => {
    onProgress?.({ done: done * pipelines.length, total: images.length * pipelines.length });
  };
  await inParallel(images, { concurrency, onProgress: report }, async (image) => {
    try {
      copies.set(image, await augmentFile(image, pipelines, { seed, outputDirectory, signal }));
    } catch (error) {
      if (!(error instanceof ImageError)) throw error;
      dataset.addProblem(error.toProblem());
    }
  });
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

/** Makes the copies of one image that are not there yet. */
async function augmentFile(
  image: ImageRecord,
  pipelines: readonly Augmenter[],
  {
    seed,
    outputDirectory,
    signal,
  }: { seed: number; outputDirectory: string; signal: AbortSignal | undefined },
): Promise<RecordInput[]> {
  let bytes: Buffer | undefined;
  try {
    bytes = await readFile(image.path);
  } catch (error) {
    throw new ImageError(
      image.path,
      "unreadable",
      `the file cannot be read (${systemReason(error)})`,
      "Make it readable, or take it out of the dataset.",
      { cause: error },
    );
  }
  const content = createHash("sha256").update(bytes).digest("hex");
  const folder = join(outputDirectory, folderName(image.labels[0]!));
  await mkdir(folder, { recursive: true });
  const records: RecordInput[] = [];
  let decoded;
  for (const [place, pipeline] of pipelines.entries()) {
    if (signal?.aborted)
      throw new CancelledError("Augmenting the dataset was cancelled; finished copies stay.");
    const recipe = JSON.stringify({ recipeVersion, seed, place, pipeline, id: image.id, content });
    const hash = createHash("sha256").update(recipe).digest();
    const format = image.format === "jpeg" ? "jpeg" : "png";
    const name = `${stem(image.name)}-${place + 1}-${hash.toString("hex", 0, 8)}.${format === "jpeg" ? "jpg" : "png"}`;
    const path = join(folder, name);
    if (!(await exists(path))) {
      decoded ??= await decodeImage({ name: image.path, bytes });
      const augmented = pipeline.augmentImage(decoded, new Random(hash.readInt32LE(0)));
      await writeFileAtomic(path, await encodeImage(augmented, { format }));
    }
    records.push({
      path,
      labels: image.labels,
      id: `${image.id}#${place + 1}`,
      augmentedFrom: image.augmentedFrom ?? image.id,
    });
  }
  return records;
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
