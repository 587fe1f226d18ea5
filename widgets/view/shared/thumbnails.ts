import { aboutThumbnails, type ThumbnailsQuestion } from "../../state/index.js";
import { ask } from "./ask.js";
import type { WidgetModel } from "./widget-model.js";

/** How many pictures a view keeps; older ones are asked for again. */
const kept = 2_000;

/**
 * The small pictures of a view, asked for once and kept as object URLs, the oldest leaving first.
 */
export class Thumbnails {
  readonly #widget: WidgetModel<object>;
  readonly #size: number;
  readonly #urls = new Map<string, string>();
  readonly #asked = new Set<string>();
  readonly #listeners = new Set<() => void>();
  readonly #ended = new AbortController();

  /** @param size - Longer side in pixels of the screen. */
  constructor(widget: WidgetModel<object>, size: number) {
    this.#widget = widget;
    this.#size = size;
  }

  /** The picture's address: `undefined` while it is on its way, empty where the file cannot be read. */
  get(id: string): string | undefined {
    return this.#urls.get(id);
  }

  /** Asks for those of `ids` that are not there yet, all at once. */
  load(ids: readonly string[]): void {
    const missing = ids.filter((id) => !this.#urls.has(id) && !this.#asked.has(id));
    for (const id of ids) this.#touch(id);
    if (missing.length === 0) return;
    for (const id of missing) this.#asked.add(id);
    const question: ThumbnailsQuestion = { ids: missing, size: this.#size };
    ask(this.#widget, aboutThumbnails, question, this.#ended.signal)
      .then(({ buffers }) => {
        missing.forEach((id, i) => {
          this.#keep(id, buffers[i]);
        });
      })
      .catch(() => undefined) // the view ended, or the kernel did: the next load asks again
      .finally(() => {
        for (const id of missing) this.#asked.delete(id);
        for (const listener of this.#listeners) listener();
      });
  }

  onLoad(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Ends the waiting and gives the pictures' memory back. */
  dispose(): void {
    this.#ended.abort();
    for (const url of this.#urls.values()) release(url);
    this.#urls.clear();
  }

  #touch(id: string): void {
    const url = this.#urls.get(id);
    if (url === undefined) return;
    this.#urls.delete(id);
    this.#urls.set(id, url);
  }

  #keep(id: string, bytes: DataView | undefined): void {
    const isPicture = bytes !== undefined && bytes.byteLength > 0;
    this.#urls.set(id, isPicture ? URL.createObjectURL(new Blob([bytes as BlobPart])) : "");
    for (const [oldest, url] of this.#urls) {
      if (this.#urls.size <= kept) break;
      this.#urls.delete(oldest);
      release(url);
    }
  }
}

function release(url: string): void {
  if (url !== "") URL.revokeObjectURL(url);
}
