import { availableParallelism } from "node:os";

import type { ClassificationDataset } from "../../src/index.js";
import { ImageError, thumbnail } from "../../src/images/index.js";
import type { ThumbnailsAnswer, ThumbnailsQuestion } from "../state/index.js";
import type { AnswerContent } from "./answers.js";

const nothing = new Uint8Array();

/** Memory that encoded thumbnails may take, in bytes: some 10,000 pictures. */
const cacheBytes = 64 * 2 ** 20;

/** Sizes and numbers that a view may ask for: what comes from outside must not cost without bound. */
const largestSize = 1024;
const mostImages = 500;

/**
 * Makes small pictures of a dataset's images, and only of those: a view names images by id, never by path. They are
 * kept, the oldest leaving first. What a view no longer looks at is left, when it has not been begun.
 *
 * Damage that shows while a picture is made joins the dataset's problems.
 */
export class ThumbnailMaker {
  readonly #dataset: ClassificationDataset;
  readonly #kept = new Map<string, Uint8Array>();
  readonly #making = new Map<string, Promise<Uint8Array>>();
  /** The latest turn of each view. */
  readonly #turns = new Map<string, number>();
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  #keptBytes = 0;

  constructor(dataset: ClassificationDataset) {
    this.#dataset = dataset;
  }

  async answer(
    question: ThumbnailsQuestion,
  ): Promise<AnswerContent & { readonly content: ThumbnailsAnswer }> {
    const { ids, size, view, turn } = question;
    if (!(Number.isInteger(size) && size > 0 && size <= largestSize && ids.length <= mostImages)) {
      throw new RangeError(`At most ${mostImages} pictures of at most ${largestSize} pixels come at a time.`);
    }
    if (turn > (this.#turns.get(view) ?? -1)) this.#turns.set(view, turn);
    const isWanted = (): boolean => this.#turns.get(view) === turn;
    const buffers = await Promise.all(ids.map((id) => this.#get(id, size, isWanted)));
    const abandoned = buffers.includes(undefined);
    return { content: { abandoned }, buffers: abandoned ? [] : buffers.map((bytes) => bytes ?? nothing) };
  }

  /** The pictures of these images, empty where one cannot be read. */
  async make(ids: readonly string[], size: number): Promise<readonly Uint8Array[]> {
    return Promise.all(ids.map(async (id) => (await this.#get(id, size, () => true)) ?? nothing));
  }

  /** Makes pictures that will be asked for soon, as long as nothing else is to be done and `isWanted` says so. */
  async prefetch(ids: readonly string[], size: number, isWanted: () => boolean): Promise<void> {
    for (const id of ids) {
      if (this.#waiting.length > 0 || !isWanted()) return;
      await this.#get(id, size, isWanted);
    }
  }

  /** The picture; empty where it cannot be made, `undefined` when it was no longer wanted. */
  async #get(id: string, size: number, isWanted: () => boolean): Promise<Uint8Array | undefined> {
    const key = `${size} ${id}`;
    const kept = this.#kept.get(key);
    if (kept !== undefined) {
      this.#kept.delete(key);
      this.#kept.set(key, kept);
      return kept;
    }
    const making = this.#making.get(key);
    if (making !== undefined) return making;
    await this.#turn();
    try {
      if (!isWanted()) return undefined;
      const made = this.#making.get(key) ?? this.#make(id, size, key);
      return await made;
    } finally {
      this.#running--;
      this.#waiting.shift()?.();
    }
  }

  /** Waits until one more may be worked on. */
  async #turn(): Promise<void> {
    while (this.#running >= availableParallelism()) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#running++;
  }

  #make(id: string, size: number, key: string): Promise<Uint8Array> {
    const made = this.#read(id, size).finally(() => this.#making.delete(key));
    this.#making.set(key, made);
    return made.then((bytes) => {
      this.#keep(key, bytes);
      return bytes;
    });
  }

  async #read(id: string, size: number): Promise<Uint8Array> {
    const entry = this.#dataset.entry(id);
    if (entry === undefined) return nothing;
    try {
      return await thumbnail(entry.path, size);
    } catch (error) {
      if (!(error instanceof ImageError)) throw error;
      this.#dataset.addProblem(error.toProblem());
      return nothing;
    }
  }

  #keep(key: string, bytes: Uint8Array): void {
    this.#kept.set(key, bytes);
    this.#keptBytes += bytes.length;
    for (const [oldest, old] of this.#kept) {
      if (this.#keptBytes <= cacheBytes) break;
      this.#kept.delete(oldest);
      this.#keptBytes -= old.length;
    }
  }
}
