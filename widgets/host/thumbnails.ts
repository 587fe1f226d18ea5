import type { ImageRecord } from "../../src/index.js";
import { thumbnail } from "../../src/images/index.js";
import type { ThumbnailsQuestion } from "../state/index.js";
import type { AnswerContent } from "./answers.js";

const nothing = new Uint8Array();

/** Memory that encoded thumbnails may take, in bytes: some 10,000 pictures. */
const cacheBytes = 64 * 2 ** 20;

/**
 * Makes small pictures of a dataset's images, and only of those: a view names images by id, never by path. They are
 * kept, the oldest leaving first.
 */
export class ThumbnailMaker {
  readonly #find: (id: string) => ImageRecord | undefined;
  readonly #kept = new Map<string, Uint8Array>();
  #keptBytes = 0;

  /** @param find - The image of an id; `undefined` for an id that is none of the dataset. */
  constructor(find: (id: string) => ImageRecord | undefined) {
    this.#find = find;
  }

  async answer({ ids, size }: ThumbnailsQuestion): Promise<AnswerContent> {
    const buffers = await Promise.all(ids.map((id) => this.#make(id, size)));
    return { buffers };
  }

  async #make(id: string, size: number): Promise<Uint8Array> {
    const image = this.#find(id);
    if (image === undefined) return nothing;
    const key = `${size} ${id}`;
    const kept = this.#kept.get(key);
    if (kept !== undefined) {
      this.#kept.delete(key);
      this.#kept.set(key, kept);
      return kept;
    }
    const made = await thumbnail(image.path, size).catch(() => nothing);
    this.#kept.set(key, made);
    this.#keptBytes += made.length;
    for (const [oldest, bytes] of this.#kept) {
      if (this.#keptBytes <= cacheBytes) break;
      this.#kept.delete(oldest);
      this.#keptBytes -= bytes.length;
    }
    return made;
  }
}
