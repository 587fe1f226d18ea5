import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { availableParallelism } from "node:os";
import { pipeline } from "node:stream/promises";

import { ArgumentError } from "../errors.js";
import { errorCode } from "../files.js";
import {
  fingerprint,
  fingerprintBits,
  fingerprintDistance,
  ImageError,
  type ImageProblem,
} from "../images/index.js";
import type { ImageRecord } from "./image-record.js";
import { inParallel } from "./in-parallel.js";

export interface DuplicateOptions {
  /**
   * In how many of 144 bits the fingerprints of near duplicates may differ, 0 to 17; `false` looks for equal files
   * only. Default 10, which finds other sizes, formats and qualities of a picture and slight edits; photos of the same
   * scene a moment apart may count too.
   */
  readonly near?: number | false;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

/** Images that are the same picture. */
export interface DuplicateGroup {
  /** `"exact"`: the files are equal, byte for byte. `"near"`: at least two of them are not. */
  readonly kind: "exact" | "near";
  /** Two or more, in the dataset's order. */
  readonly images: readonly ImageRecord[];
  /** The images do not all have the same labels: one of them is wrong. */
  readonly labelsDiffer: boolean;
}

/** What {@link ClassificationDataset.findDuplicates} found. */
export interface Duplicates {
  /** In order of their first image. */
  readonly groups: readonly DuplicateGroup[];
  /**
   * A name that duplicates share and no other image has, to keep them on one side of a split:
   * `dataset.split({ groupBy: duplicates.groupOf })`. Without it, a picture may be learned and tested.
   */
  readonly groupOf: (image: ImageRecord) => string;
}

/**
 * Finds equal files by SHA-256 and nearly equal pictures by fingerprint.
 *
 * @param onProblem - Hears of an image that cannot be read; it is passed over.
 */
export async function findDuplicates(
  images: readonly ImageRecord[],
  { near = 10, signal, onProgress }: DuplicateOptions,
  onProblem: (problem: ImageProblem) => void,
): Promise<Duplicates> {
  if (near !== false && !(Number.isInteger(near) && near >= 0 && near <= 17)) {
    const wayOut = "Use 10 for near duplicates, false for equal files only.";
    throw new ArgumentError(
      "ClassificationDataset.findDuplicates",
      "near",
      "0 to 17 bits, or false",
      near,
      wayOut,
    );
  }
  const sameSize = new Map<number, number>();
  for (const { fileSize } of images) sameSize.set(fileSize, (sameSize.get(fileSize) ?? 0) + 1);
  const concurrency = Math.max(2, availableParallelism());
  const report = (done: number, total: number): void => {
    onProgress?.({ done, total });
  };
  const marks = await inParallel(images, { concurrency, signal, onProgress: report }, async (image) => ({
    // Only files of equal length can be equal.
    content: sameSize.get(image.fileSize) === 1 ? undefined : await hashFile(image.path),
    fingerprint: near === false ? undefined : await fingerprintOf(image.path, onProblem),
  }));

  const sets = new DisjointSets(images.length);
  const byContent = new Map<string, number>();
  marks.forEach(({ content }, i) => {
    if (content === undefined) return;
    const first = byContent.get(content);
    if (first === undefined) byContent.set(content, i);
    else sets.join(first, i);
  });
  if (near !== false)
    joinNear(
      marks.map((mark) => mark.fingerprint),
      near,
      sets,
    );
  return toDuplicates(images, marks, sets);
}

function toDuplicates(
  images: readonly ImageRecord[],
  marks: readonly { readonly content: string | undefined }[],
  sets: DisjointSets,
): Duplicates {
  const members = new Map<number, number[]>();
  images.forEach((_, i) => {
    const set = sets.find(i);
    const list = members.get(set);
    if (list === undefined) members.set(set, [i]);
    else list.push(i);
  });
  const groups: DuplicateGroup[] = [];
  const groupNames = new Map<string, string>();
  for (const places of members.values()) {
    if (places.length < 2) continue;
    const group = places.map((i) => images[i]!);
    const contents = new Set(places.map((i) => marks[i]!.content));
    const labels = new Set(group.map((image) => JSON.stringify([...image.labels].sort())));
    const isExact = contents.size === 1 && !contents.has(undefined);
    groups.push({ kind: isExact ? "exact" : "near", images: group, labelsDiffer: labels.size > 1 });
    for (const { id } of group) groupNames.set(id, group[0]!.id);
  }
  return { groups, groupOf: ({ id }) => groupNames.get(id) ?? id };
}

/**
 * Joins images whose fingerprints differ in at most `near` bits. If they do, at least one of the 18 bytes is equal, since
 * `near` is less than 18: only images that share a byte at the same place are compared.
 */
function joinNear(
  fingerprints: readonly (Uint32Array | undefined)[],
  near: number,
  sets: DisjointSets,
): void {
  const pieces = fingerprints.map((words) => words && new Uint8Array(words.buffer));
  for (let piece = 0; piece < fingerprintBits / 8; piece++) {
    const buckets = new Map<number, number[]>();
    pieces.forEach((bytes, i) => {
      if (bytes === undefined) return;
      const bucket = buckets.get(bytes[piece]!);
      if (bucket === undefined) buckets.set(bytes[piece]!, [i]);
      else bucket.push(i);
    });
    for (const bucket of buckets.values()) {
      for (const [place, a] of bucket.entries()) {
        for (let other = place + 1; other < bucket.length; other++) {
          const b = bucket[other]!;
          if (fingerprintDistance(fingerprints[a]!, fingerprints[b]!) <= near) sets.join(a, b);
        }
      }
    }
  }
}

/** Which of some things belong together, by pairs (union-find). */
class DisjointSets {
  readonly #parents: Int32Array;

  constructor(count: number) {
    this.#parents = Int32Array.from({ length: count }, (_, i) => i);
  }

  find(item: number): number {
    let root = item;
    while (this.#parents[root] !== root) root = this.#parents[root]!;
    this.#parents[item] = root;
    return root;
  }

  join(a: number, b: number): void {
    const [rootA, rootB] = [this.find(a), this.find(b)];
    this.#parents[Math.max(rootA, rootB)] = Math.min(rootA, rootB);
  }
}

async function hashFile(path: string): Promise<string | undefined> {
  const hash = createHash("sha256");
  try {
    await pipeline(createReadStream(path), hash);
  } catch (error) {
    if (errorCode(error) !== undefined) return undefined;
    throw error;
  }
  return hash.digest("hex");
}

async function fingerprintOf(
  path: string,
  onProblem: (problem: ImageProblem) => void,
): Promise<Uint32Array | undefined> {
  try {
    return await fingerprint(path);
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    onProblem(error.toProblem());
    return undefined;
  }
}
