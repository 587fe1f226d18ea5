import type { RgbImage } from "./rgb-image.js";

interface Entry {
  readonly image: RgbImage;
  lastRun: number;
}

/** Runs after which an unused entry may make room: a training and a validation set in turn keep theirs. */
const staleAfterRuns = 4;

/**
 * Decoded images within a limit of bytes.
 *
 * First come, first kept: a pass over more images than fit would empty a cache that drops the least recently used
 * before any entry is read again, while a fixed part of the images is read from here in every epoch. Entries that
 * several passes did not touch make room.
 */
export class PixelCache {
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;
  #run = 0;
  #sweptRun = 0;

  /** @param limitBytes - Most bytes of pixels kept; 0 keeps nothing. */
  constructor(readonly limitBytes: number) {}

  /** Bytes of pixels kept now. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Images kept now. */
  get size(): number {
    return this.#entries.size;
  }

  /** Says that a new pass over a set of images begins. */
  beginRun(): void {
    this.#run++;
  }

  get(key: string): RgbImage | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    entry.lastRun = this.#run;
    return entry.image;
  }

  /** Keeps `image` if there is room. */
  offer(key: string, image: RgbImage): void {
    if (this.#entries.has(key)) return;
    const bytes = image.data.byteLength;
    if (bytes > this.limitBytes) return;
    if (this.#bytes + bytes > this.limitBytes) this.#dropStale();
    if (this.#bytes + bytes > this.limitBytes) return;
    // A copy when the image is a view: keeping it would keep the whole memory behind it.
    const data = image.data.byteLength === image.data.buffer.byteLength ? image.data : image.data.slice();
    this.#entries.set(key, { image: { ...image, data }, lastRun: this.#run });
    this.#bytes += bytes;
  }

  clear(): void {
    this.#entries.clear();
    this.#bytes = 0;
  }

  #dropStale(): void {
    if (this.#sweptRun === this.#run) return;
    this.#sweptRun = this.#run;
    for (const [key, { image, lastRun }] of this.#entries) {
      if (lastRun > this.#run - staleAfterRuns) continue;
      this.#entries.delete(key);
      this.#bytes -= image.data.byteLength;
    }
  }
}
