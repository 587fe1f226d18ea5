import { availableParallelism } from "node:os";
import { basename, resolve } from "node:path";

import { ArgumentError, FileError } from "../errors.js";
import {
  checkImage,
  ImageError,
  inspectImage,
  type DecodeOptions,
  type ImageHeader,
} from "../images/index.js";
import { compareCodePoints } from "./code-points.js";
import type { ImageFile, ImageRecord } from "./image-record.js";
import { inParallel } from "./in-parallel.js";
import type { DatasetProblem } from "./problems.js";
import { scanFolder } from "./scan-folder.js";
import { DatasetStore } from "./store.js";

/** How far long work on a dataset is. */
export interface DatasetProgress {
  readonly phase: "headers" | "decode";
  readonly done: number;
  readonly total: number;
}

export interface CheckOptions extends DecodeOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: DatasetProgress) => void;
}

export interface OpenOptions extends CheckOptions {
  /**
   * How closely images are looked at on opening.
   *
   * - `"headers"`: beginning and end of each file, some seconds for 100,000 images; finds nearly all that is truncated,
   *   but not damage in the middle. A file without its format's end mark is decoded to be certain.
   * - `"decode"`: every image is decoded once.
   * - `"auto"` (the default): `"decode"` up to 2,500 images of together 64 MB, which takes a few seconds, else
   *   `"headers"`; {@link ClassificationDataset.check} decodes the rest when wanted, and training finds it too.
   */
  readonly check?: "auto" | "headers" | "decode";
  /**
   * The labels and their order, for a folder that lacks some of them, such as a test folder: indices then agree with
   * the training set's. Images of other labels are problems (`"unknownLabel"`). Default: what the folder has.
   */
  readonly labels?: readonly string[];
}

/** An image named by hand. */
export interface RecordInput {
  readonly path: string;
  /** One or more; classification uses the first. */
  readonly labels: readonly string[];
  /** Default: the path as given. */
  readonly id?: string;
  /** Of an augmented copy, the id of its original. */
  readonly augmentedFrom?: string;
}

/** Up to so many images and bytes are decoded on opening. */
const autoDecode = { images: 2500, bytes: 64e6 };

/** Opens root/label/.../image. */
export async function openFolder(directory: string, options: OpenOptions): Promise<DatasetStore> {
  const root = resolve(directory);
  const scan = await scanFolder(root, options.signal);
  const problems: DatasetProblem[] = [...scan.problems];
  const candidates: Candidate[] = [];
  for (const { id, path, label, mayBeOther } of scan.files) {
    candidates.push({ id, path, labels: label === undefined ? [] : [label], mayBeOther });
  }
  const { files, records, problems: found, ignoredFiles } = await inspect(candidates, options);
  problems.push(...found);
  const labelled = records.filter((record) => record.labels.length > 0);
  for (const { path, labels } of records) {
    if (labels.length === 0) problems.push(unlabelled(path));
  }
  const filled = new Set(labelled.map(({ labels }) => labels[0]!));
  for (const folder of scan.labelFolders) {
    if (!filled.has(folder)) problems.push(emptyLabel(resolve(root, folder)));
  }
  if (labelled.length === 0) throw noLabels(root, records.length, problems);

  problems.push(...unknownLabels(labelled, options.labels));
  const store = new DatasetStore({
    root,
    files,
    labels: checkLabels(options.labels) ?? [...filled].sort(compareCodePoints),
    hasFixedLabels: options.labels !== undefined,
    problems,
    ignoredFiles: scan.ignoredFiles + ignoredFiles,
  });
  await store.loadEdits();
  reportEditedAway(store);
  return store;
}

/** Opens images named one by one. */
export async function openRecords(
  inputs: readonly RecordInput[],
  options: OpenOptions,
): Promise<DatasetStore> {
  const where = "ClassificationDataset.fromRecords";
  if (inputs.length === 0) throw new ArgumentError(where, "records", "one record or more", inputs);
  const candidates = inputs.map(({ path, labels, id = path, augmentedFrom }, i): Candidate => {
    if (labels.length === 0) {
      throw new ArgumentError(where, `records[${i}].labels`, "one label or more", labels);
    }
    return {
      id,
      path: resolve(path),
      labels: labels.map((label) => label.normalize("NFC")),
      mayBeOther: false,
      ...(augmentedFrom !== undefined && { augmentedFrom }),
    };
  });
  const ids = new Set<string>();
  for (const { id } of candidates) {
    if (ids.has(id))
      throw new ArgumentError(where, "records", "records with different ids", id, "Give each its own id.");
    ids.add(id);
  }
  const { files, records, problems } = await inspect(candidates, options);
  const all = new Set(candidates.flatMap(({ labels }) => labels));
  return new DatasetStore({
    files,
    labels: checkLabels(options.labels) ?? [...all].sort(compareCodePoints),
    hasFixedLabels: options.labels !== undefined,
    problems: [...problems, ...unknownLabels(records, options.labels)],
  });
}

/** Decodes images of a store and adds what is found to its problems. */
export async function checkStore(
  store: DatasetStore,
  images: readonly ImageRecord[],
  options: CheckOptions,
): Promise<DatasetProblem[]> {
  const found = await decodeAll(images, options, (problem) => {
    store.addProblem(problem);
  });
  return found.filter((problem) => problem !== undefined);
}

interface Candidate {
  readonly id: string;
  readonly path: string;
  readonly labels: readonly string[];
  /** Not an image by its name; ignored when it is none by its content. */
  readonly mayBeOther: boolean;
  readonly augmentedFrom?: string;
}

interface Inspection {
  /** All image files in order. */
  readonly files: readonly (ImageFile | ImageRecord)[];
  /** Those without a problem. */
  readonly records: readonly ImageRecord[];
  readonly problems: readonly DatasetProblem[];
  readonly ignoredFiles: number;
}

async function inspect(candidates: readonly Candidate[], options: OpenOptions): Promise<Inspection> {
  const { check = "auto" } = options;
  const headers = await readHeaders(candidates, options);
  const problems: DatasetProblem[] = [];
  const files: (ImageFile | ImageRecord)[] = [];
  const records: ImageRecord[] = [];
  const suspicious: ImageRecord[] = [];
  let ignoredFiles = 0;
  headers.forEach((result, i) => {
    const candidate = candidates[i]!;
    if (result instanceof ImageError) {
      const isImage = !candidate.mayBeOther || result.kind === "truncated" || result.kind === "oversized";
      if (isImage) {
        problems.push(result.toProblem());
        files.push(toFile(candidate));
      } else ignoredFiles++;
      return;
    }
    const record = toRecord(candidate, result.header);
    records.push(record);
    files.push(record);
    if (!result.looksWhole) suspicious.push(record);
  });
  const bytes = records.reduce((sum, { fileSize }) => sum + fileSize, 0);
  const all =
    check === "decode" ||
    (check === "auto" && records.length <= autoDecode.images && bytes <= autoDecode.bytes);
  const bad = new Set<string>();
  await decodeAll(all ? records : suspicious, options, (problem) => {
    problems.push(problem);
    bad.add(problem.path);
  });
  return { files, records: records.filter(({ path }) => !bad.has(path)), problems, ignoredFiles };
}

type HeaderResult = Awaited<ReturnType<typeof inspectImage>> | ImageError;

/** So many files tell how fast the disk answers. */
const probedFiles = 64;

/**
 * Reads the headers: one after the other on this thread where the disk answers at once, which is several times faster
 * than handing each read to another thread; side by side where it does not, such as over a network.
 */
async function readHeaders(
  candidates: readonly Candidate[],
  { limitInputPixels, signal, onProgress }: OpenOptions,
): Promise<HeaderResult[]> {
  const limit = limitInputPixels === undefined ? {} : { limitInputPixels };
  const read = async ({ path }: Candidate, blocking: boolean): Promise<HeaderResult> => {
    try {
      return await inspectImage(path, { ...limit, blocking });
    } catch (error) {
      if (error instanceof ImageError) return error;
      throw error;
    }
  };
  const total = candidates.length;
  const report = (first: number) => (done: number) =>
    onProgress?.({ phase: "headers", done: first + done, total });
  const probed = candidates.slice(0, probedFiles);
  const start = performance.now();
  const first = await inParallel(probed, { concurrency: 1, signal, onProgress: report(0) }, (item) =>
    read(item, true),
  );
  const isFast = performance.now() - start < probed.length * 0.5;
  const rest = await inParallel(
    candidates.slice(probed.length),
    { concurrency: isFast ? 1 : 16, signal, onProgress: report(probed.length) },
    (item) => read(item, isFast),
  );
  return [...first, ...rest];
}

function toFile({ id, path, labels }: Candidate): ImageFile {
  return Object.freeze({ id, name: basename(path), path, labels });
}

function toRecord(candidate: Candidate, header: ImageHeader): ImageRecord {
  const { width, height, format, fileSize } = header;
  const { augmentedFrom } = candidate;
  const record = { ...toFile(candidate), width, height, format, fileSize };
  return Object.freeze(augmentedFrom === undefined ? record : { ...record, augmentedFrom });
}

async function decodeAll(
  images: readonly ImageRecord[],
  { signal, onProgress, limitInputPixels }: CheckOptions,
  onProblem: (problem: DatasetProblem) => void,
): Promise<(DatasetProblem | undefined)[]> {
  const concurrency = Math.max(2, availableParallelism());
  const report = onProgress && reporter("decode", onProgress);
  return inParallel(images, { concurrency, signal, onProgress: report }, async ({ path }) => {
    try {
      await checkImage(path, limitInputPixels === undefined ? {} : { limitInputPixels });
      return undefined;
    } catch (error) {
      if (!(error instanceof ImageError)) throw error;
      const problem = error.toProblem();
      onProblem(problem);
      return problem;
    }
  });
}

function reporter(
  phase: DatasetProgress["phase"],
  onProgress: (progress: DatasetProgress) => void,
): (done: number, total: number) => void {
  return (done, total) => {
    onProgress({ phase, done, total });
  };
}

function checkLabels(labels: readonly string[] | undefined): readonly string[] | undefined {
  if (labels === undefined) return undefined;
  const normalized = labels.map((label) => label.normalize("NFC"));
  if (normalized.length === 0 || new Set(normalized).size < normalized.length) {
    throw new ArgumentError("ClassificationDataset", "labels", "one or more different names", labels);
  }
  return normalized;
}

/** Problems of images whose labels are not among those asked for. */
function unknownLabels(
  records: readonly ImageRecord[],
  given: readonly string[] | undefined,
): DatasetProblem[] {
  const labels = checkLabels(given);
  if (labels === undefined) return [];
  return records
    .filter((record) => !record.labels.every((label) => labels.includes(label)))
    .map((record) => unknownLabel(record));
}

/** With fixed labels, an image may have been edited to a label that is not among them. */
function reportEditedAway(store: DatasetStore): void {
  if (!store.hasFixedLabels) return;
  for (const { image, excluded, problem } of [...store.entries]) {
    if (image === undefined || excluded || problem !== undefined) continue;
    if (image.labels.some((label) => !store.labels.includes(label))) store.addProblem(unknownLabel(image));
  }
}

function unlabelled(path: string): DatasetProblem {
  const message = `${path}: the image lies in no label's folder. Move it into the folder of its label.`;
  return { path, kind: "unlabelled", message };
}

function unknownLabel({ path, labels }: ImageRecord): DatasetProblem {
  const names = labels.map((label) => JSON.stringify(label)).join(", ");
  const message = `${path}: its label ${names} is not among the labels asked for. Add it to the labels option, or move the image.`;
  return { path, kind: "unknownLabel", message };
}

function emptyLabel(path: string): DatasetProblem {
  const message = `${path}: the folder holds no usable image and so is no label. Put images into it, or delete it.`;
  return { path, kind: "emptyLabel", message };
}

function noLabels(root: string, unlabelledImages: number, problems: readonly DatasetProblem[]): FileError {
  if (unlabelledImages > 0) {
    return new FileError(root, "its images lie directly in it", "Put them into one folder per label.");
  }
  const first = problems.find(({ kind }) => kind !== "emptyLabel");
  return new FileError(
    root,
    "holds no folder with usable images",
    first ? `The first problem: ${first.message}` : "Put images into one folder per label.",
  );
}
