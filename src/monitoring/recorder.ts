import { createHash, randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { mkdir, open, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";

import { ArgumentError, FileError } from "../errors.js";
import { errorCode, systemReason, writeFileAtomic } from "../files.js";
import { recordFilePattern, type ScoreRecord } from "./records.js";

export interface RecorderOptions {
  /** Where records go; several servers may share it. */
  readonly folder: string;
  /** Most bytes of records in the folder; the oldest go first. Default: 64 MiB, about 300,000 images. */
  readonly maxBytes?: number;
  /** Share of the images that are kept too, in `[0, 1]`. Default: 0, none. */
  readonly keepImages?: number;
  /** Most bytes of kept images; when they are full the oldest go first. Default: 256 MiB. */
  readonly maxImageBytes?: number;
  /** Told when something could not be written, once until it works again. */
  readonly onProblem?: (message: string) => void;
}

/** Memory for records that wait for the disk: beyond it they are dropped, and counted. */
const maxWaitingRecords = 10_000;
/** Memory for images that wait for the disk: beyond it records go without. */
const maxWaitingImageBytes = 64 << 20;
const flushIntervalMs = 500;
/** A file is closed at this part of all records, so that the oldest can go without taking everything along. */
const filesPerFolder = 8;

/**
 * Keeps what a server answered, as JSON Lines in files of a limited total size.
 *
 * It never slows or fails an answer: records wait in memory for the next write, and where the disk is full or too slow they
 * are dropped and counted. No image is kept unless asked for.
 */
export class ScoreRecorder {
  readonly #options: Required<Omit<RecorderOptions, "onProblem">> & Pick<RecorderOptions, "onProblem">;
  readonly #timer: NodeJS.Timeout;
  /** Servers may share a folder, and in containers a process number too. */
  readonly #id = randomBytes(4).toString("hex");
  #waiting: Waiting[] = [];
  #waitingImageBytes = 0;
  #writing: Promise<void> = Promise.resolve();
  #file = "";
  #fileBytes = 0;
  #files = 0;
  #dropped = 0;
  #imageCredit = 0;
  #hasProblem = false;

  /** @throws {@link FileError} when the folder cannot be made: better now than never a record. */
  constructor(options: RecorderOptions) {
    const { maxBytes = 64 << 20, keepImages = 0, maxImageBytes = 256 << 20 } = options;
    for (const [name, value] of Object.entries({ maxBytes, maxImageBytes })) {
      if (!(Number.isSafeInteger(value) && value >= 1024)) {
        throw new ArgumentError("ScoreRecorder", name, "a whole number from 1024", value);
      }
    }
    if (!(keepImages >= 0 && keepImages <= 1)) {
      throw new ArgumentError("ScoreRecorder", "keepImages", "a share in [0, 1]", keepImages);
    }
    this.#options = { ...options, maxBytes, keepImages, maxImageBytes };
    try {
      mkdirSync(options.folder, { recursive: true });
    } catch (error) {
      throw new FileError(options.folder, `could not be made (${systemReason(error)})`, undefined, {
        cause: error,
      });
    }
    this.#timer = setInterval(() => void this.flush(), flushIntervalMs);
    this.#timer.unref();
  }

  /** Records that were lost, because the disk was full or too slow. */
  get dropped(): number {
    return this.#dropped;
  }

  /**
   * Takes note of an answer.
   *
   * @param image - The image's file, of which {@link RecorderOptions.keepImages} are kept.
   */
  record(record: Omit<ScoreRecord, "time" | "image">, image?: Uint8Array): void {
    if (this.#waiting.length >= maxWaitingRecords) {
      this.#dropped++;
      return;
    }
    const keeps =
      image !== undefined &&
      this.#waitingImageBytes + image.length <= maxWaitingImageBytes &&
      this.#takesImage();
    if (keeps) this.#waitingImageBytes += image.length;
    this.#waiting.push({
      record: {
        time: new Date().toISOString(),
        ...record,
        ...(keeps && { image: imageName(image) }),
      },
      image: keeps ? image : undefined,
    });
  }

  /** Writes what waits; resolves when it is on its way to the disk. Never rejects. */
  flush(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.flush();
  }

  async #write(): Promise<void> {
    const batch = this.#waiting;
    if (batch.length === 0) return;
    this.#waiting = [];
    this.#waitingImageBytes = 0;
    let written = 0;
    try {
      await this.#writeImages(batch);
      const lines = batch.map(({ record }) => `${JSON.stringify(record)}\n`);
      for (const piece of piecesOf(lines, this.#options.maxBytes / filesPerFolder)) {
        await this.#append(piece.join(""));
        written += piece.length;
      }
      this.#hasProblem = false;
    } catch (error) {
      this.#dropped += batch.length - written;
      if (!this.#hasProblem) {
        const why = systemReason(error);
        this.#options.onProblem?.(`Scores could not be recorded in ${this.#options.folder} (${why}).`);
      }
      this.#hasProblem = true;
    }
  }

  /** Adds whole lines or nothing: what a full disk took of them is cut off again. */
  async #append(text: string): Promise<void> {
    const bytes = Buffer.byteLength(text);
    const file = await open(await this.#fileFor(bytes), "a");
    try {
      const { size } = await file.stat();
      await file.appendFile(text).catch(async (error: unknown) => {
        await file.truncate(size);
        throw error;
      });
    } finally {
      await file.close();
    }
    this.#fileBytes += bytes;
  }

  /** The file to append to; the next one when this would become too large. */
  async #fileFor(bytes: number): Promise<string> {
    const { folder, maxBytes } = this.#options;
    if (this.#file === "" || this.#fileBytes + bytes > maxBytes / filesPerFolder) {
      await removeOldest(folder, maxBytes - maxBytes / filesPerFolder, recordFilePattern);
      const time = new Date().toISOString().replaceAll(":", "-");
      const sequence = String(this.#files++).padStart(6, "0");
      this.#file = join(folder, `scores-${time}-${this.#id}-${sequence}.jsonl`);
      this.#fileBytes = 0;
    }
    return this.#file;
  }

  /** The last ones, where they are more than may be kept. */
  async #writeImages(batch: readonly Waiting[]): Promise<void> {
    const folder = join(this.#options.folder, "images");
    let room = this.#options.maxImageBytes;
    const kept = new Map<string, Uint8Array>();
    for (const { record, image } of batch.toReversed()) {
      if (image === undefined || kept.has(record.image!)) continue;
      if (image.length > room) break;
      room -= image.length;
      kept.set(record.image!, image);
    }
    if (kept.size === 0) return;
    await mkdir(folder, { recursive: true });
    await removeOldest(folder, room, /^[0-9a-f]{64}$/);
    for (const [name, image] of kept) await writeFileAtomic(join(folder, name), image);
  }

  /** Every n-th image rather than a random one: the share is kept exactly. */
  #takesImage(): boolean {
    this.#imageCredit += this.#options.keepImages;
    if (this.#imageCredit < 1) return false;
    this.#imageCredit -= 1;
    return true;
  }
}

interface Waiting {
  readonly record: ScoreRecord;
  readonly image: Uint8Array | undefined;
}

/** Lines in groups of at most so many bytes; a longer line is a group of its own. */
function piecesOf(lines: readonly string[], mostBytes: number): string[][] {
  const pieces: string[][] = [];
  let room = 0;
  for (const line of lines) {
    const bytes = Buffer.byteLength(line);
    if (bytes > room) {
      pieces.push([]);
      room = mostBytes;
    }
    pieces.at(-1)!.push(line);
    room -= bytes;
  }
  return pieces;
}

function imageName(image: Uint8Array): string {
  return createHash("sha256").update(image).digest("hex");
}

/** Removes files, those that changed longest ago first, until the rest is at most so large. */
async function removeOldest(folder: string, maxBytes: number, pattern: RegExp): Promise<void> {
  const files: { readonly path: string; readonly size: number; readonly changed: number }[] = [];
  for (const name of await readdir(folder)) {
    if (!pattern.test(name)) continue;
    const path = join(folder, name);
    const found = await stat(path).catch((error: unknown) => {
      // Another server that shares the folder was quicker.
      if (errorCode(error) === "ENOENT") return undefined;
      throw error;
    });
    if (found) files.push({ path, size: found.size, changed: found.mtimeMs });
  }
  let total = files.reduce((sum, { size }) => sum + size, 0);
  for (const { path, size } of files.sort((a, b) => a.changed - b.changed)) {
    if (total <= maxBytes) return;
    await rm(path, { force: true });
    total -= size;
  }
}
