import { useEffect, useMemo, useReducer } from "preact/hooks";

import { aboutThumbnails, type ThumbnailsAnswer, type ThumbnailsQuestion } from "../../state/index.js";
import { ask, uniqueName } from "./ask.js";
import type { WidgetModel } from "./widget-model.js";

/** Memory that the pictures of a view may take, in bytes; older ones are asked for again. */
const keptBytes = 32 * 2 ** 20;

/** Pictures that are asked for together: few, so that the first show before the last are made. */
const together = 8;

/** Sizes in pixels of the screen that are asked for: few different ones, so that views share what was made. */
const sizes = [96, 144, 216, 324, 486, 729, 1024];

interface Picture {
  /** Empty where the file cannot be read. */
  readonly url: string;
  readonly bytes: number;
  readonly size: number;
}

/** Pictures of a view at the size they are shown at, asked for once and kept as object URLs, the oldest leaving first. */
export class Thumbnails {
  readonly #widget: WidgetModel<object>;
  readonly #name = uniqueName();
  readonly #pictures = new Map<string, Picture>();
  readonly #asked = new Map<string, number>();
  readonly #listeners = new Set<() => void>();
  readonly #ended = new AbortController();
  #wanted: ReadonlySet<string> = new Set();
  #size = sizes[0]!;
  #turn = 0;
  #bytes = 0;

  constructor(widget: WidgetModel<object>) {
    this.#widget = widget;
  }

  /** The picture's address: `undefined` while it is on its way, empty where the file cannot be read. */
  get(id: string): string | undefined {
    return this.#pictures.get(id)?.url;
  }

  /**
   * Asks for those of `ids` that are not there yet; what was asked for before and is not among them is no longer wanted.
   *
   * @param width - Width in CSS pixels at which they are shown.
   */
  load(ids: readonly string[], width: number): void {
    const pixels = width * devicePixelRatio;
    this.#size = sizes.find((size) => size >= pixels) ?? sizes.at(-1)!;
    this.#wanted = new Set(ids);
    if ([...this.#asked.keys()].some((id) => !this.#wanted.has(id))) {
      this.#turn++;
      this.#asked.clear();
    }
    for (const id of ids) this.#touch(id);
    const missing = ids.filter(
      (id) => (this.#pictures.get(id)?.size ?? 0) < this.#size && this.#asked.get(id) !== this.#size,
    );
    for (let i = 0; i < missing.length; i += together) void this.#ask(missing.slice(i, i + together));
  }

  /** Forgets pictures, so that the next {@link load} asks for them anew. */
  forget(ids: Iterable<string>): void {
    for (const id of ids) this.#drop(id);
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
    this.forget([...this.#pictures.keys()]);
  }

  async #ask(ids: readonly string[]): Promise<void> {
    const [size, turn] = [this.#size, this.#turn];
    for (const id of ids) this.#asked.set(id, size);
    const question: ThumbnailsQuestion = { ids, size, view: this.#name, turn };
    try {
      const { content, buffers } = await ask<ThumbnailsAnswer>(
        this.#widget,
        aboutThumbnails,
        question,
        this.#ended.signal,
      );
      if (!content.abandoned)
        ids.forEach((id, i) => {
          this.#keep(id, buffers[i], size);
        });
    } catch {
      // The view ended, or the kernel did: the next load asks again.
    }
    if (this.#turn === turn) for (const id of ids) this.#asked.delete(id);
    for (const listener of this.#listeners) listener();
  }

  #touch(id: string): void {
    const picture = this.#pictures.get(id);
    if (picture === undefined) return;
    this.#pictures.delete(id);
    this.#pictures.set(id, picture);
  }

  #keep(id: string, bytes: DataView | undefined, size: number): void {
    this.#drop(id);
    const length = bytes?.byteLength ?? 0;
    const url = length > 0 ? URL.createObjectURL(new Blob([bytes as BlobPart])) : "";
    this.#pictures.set(id, { url, bytes: length, size });
    this.#bytes += length;
    for (const oldest of this.#pictures.keys()) {
      if (this.#bytes <= keptBytes) break;
      if (!this.#wanted.has(oldest)) this.#drop(oldest);
    }
  }

  #drop(id: string): void {
    const picture = this.#pictures.get(id);
    if (picture === undefined) return;
    this.#pictures.delete(id);
    this.#bytes -= picture.bytes;
    if (picture.url !== "") URL.revokeObjectURL(picture.url);
  }
}

/** Pictures for as long as the view is there; it is drawn again when some have come. */
export function useThumbnails(widget: WidgetModel<object>): Thumbnails {
  const thumbnails = useMemo(() => new Thumbnails(widget), [widget]);
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    const stop = thumbnails.onLoad(() => {
      redraw(undefined);
    });
    return () => {
      stop();
      thumbnails.dispose();
    };
  }, [thumbnails]);
  return thumbnails;
}
