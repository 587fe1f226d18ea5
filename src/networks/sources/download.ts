import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, readFile, rename, rm, stat, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { CancelledError, EnvironmentError } from "../../errors.js";
import { errorCode, writeFileAtomic } from "../../files.js";
import { request, StatusError, type Answer } from "./request.js";

/** How far a download is. `total` is `undefined` while the server has not said it. */
export interface DownloadProgress {
  /** What is being fetched, for people. */
  readonly name: string;
  readonly received: number;
  readonly total: number | undefined;
}

export interface DownloadOptions {
  /** Digest the file must have, in hexadecimal. Without it, the one that the server announces (a hub does) is checked. */
  readonly sha256?: string | undefined;
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Failed attempts in a row, none of which got further than those before it, that are followed by another. Default 4. */
  readonly retries?: number;
  /** Wait before the first retry, doubled at each further one. Default 1000. */
  readonly retryDelayMs?: number;
  /** A connection that gives nothing for so long counts as lost. Default 60000. */
  readonly idleTimeoutMs?: number;
}

export interface DownloadedFile {
  readonly sha256: string;
  /** The digest was known beforehand or announced by the server, and the file has it. */
  readonly verified: boolean;
}

/** What the partial file beside the destination is part of. */
interface Part {
  readonly url: string;
  /** A strong ETag or a Last-Modified date: resuming is safe only if the server still has the same. */
  readonly validator: string;
}

/**
 * Downloads a file by HTTP to `path`, which appears only whole and verified.
 *
 * The bytes go to `<path>.part`. A connection that drops is taken up again from there, in this call or a later one, with
 * `Range` and `If-Range`: a server that ignores them, or whose file has changed, sends the whole file and we start over.
 *
 * @throws {@link EnvironmentError} when the server refuses, stays unreachable, or its file has another digest.
 * @throws {@link CancelledError} when the signal aborts; the part is kept for the next call.
 */
export async function download(
  url: string,
  path: string,
  options: DownloadOptions = {},
): Promise<DownloadedFile> {
  const { retries = 4, retryDelayMs = 1000, signal } = options;
  await mkdir(dirname(path), { recursive: true });
  let corrupted = false;
  let furthest = 0;
  for (let attempt = 0; ; attempt++) {
    try {
      const announced = await fetchRest(url, path, options);
      const expected = options.sha256 ?? announced;
      const sha256 = await fileSha256(`${path}.part`);
      if (expected !== undefined && sha256 !== expected) {
        await removePart(path);
        // A resumed file may mix two contents; a second whole try tells that from a file that is simply another one.
        if (!corrupted) {
          corrupted = true;
          continue;
        }
        throw new EnvironmentError(`${url} has SHA-256 ${sha256}, expected ${expected}`);
      }
      await rename(`${path}.part`, path);
      await rm(`${path}.part.json`, { force: true });
      return { sha256, verified: expected !== undefined };
    } catch (error) {
      if (signal?.aborted) throw new CancelledError(`Downloading ${url}: cancelled.`, { cause: error });
      const size = await partSize(path);
      if (size > furthest) attempt = 0;
      furthest = Math.max(furthest, size);
      if (!isTransient(error) || attempt >= retries) throw unreachable(url, error);
      await pause(retryDelayMs * 2 ** attempt, url, signal);
    }
  }
}

/** Appends what is missing to the part; gives the digest that the server announces, if any. */
async function fetchRest(url: string, path: string, options: DownloadOptions): Promise<string | undefined> {
  const { onProgress, signal, idleTimeoutMs = 60_000 } = options;
  const part = await readPart(path, url);
  const headers = part ? { Range: `bytes=${part.size}-`, "If-Range": part.validator } : {};
  const answer = await request(url, { headers, signal, idleTimeoutMs });
  try {
    // 416 answers a range that starts at the end: the part is whole already, or belongs to another file.
    if (answer.status === 416 && part && answer.totalOfRange === part.size) return answer.announcedSha256;
    if (answer.status === 416) {
      await removePart(path);
      throw new TransientError("the partial file no longer matches");
    }
    const resumes = answer.status === 206 && answer.rangeStart === part?.size;
    if (answer.status === 206 && !resumes) {
      await removePart(path);
      throw new TransientError("the server sent another range than the one asked for");
    }
    const start = resumes ? part!.size : 0;
    if (!resumes) {
      await removePart(path);
      if (answer.validator !== undefined) await writePart(path, { url, validator: answer.validator });
    }
    const total = answer.length === undefined ? undefined : start + answer.length;
    const name = url.slice(url.lastIndexOf("/") + 1);
    const file = await open(`${path}.part`, resumes ? "a" : "w");
    try {
      const received = await append(file, answer, (bytes) => {
        onProgress?.({ name, received: start + bytes, total });
      });
      if (total !== undefined && start + received !== total) {
        throw new TransientError(`the connection closed after ${start + received} of ${total} bytes`);
      }
      await file.sync();
    } finally {
      await file.close();
    }
    return answer.announcedSha256;
  } finally {
    answer.close();
  }
}

async function append(file: FileHandle, answer: Answer, onBytes: (bytes: number) => void): Promise<number> {
  let received = 0;
  for await (const chunk of answer.body) {
    await file.writeFile(chunk);
    received += chunk.length;
    onBytes(received);
  }
  return received;
}

async function readPart(path: string, url: string): Promise<(Part & { size: number }) | undefined> {
  try {
    const part = JSON.parse(await readFile(`${path}.part.json`, "utf8")) as Part;
    const { size } = await stat(`${path}.part`);
    return part.url === url && typeof part.validator === "string" && size > 0 ? { ...part, size } : undefined;
  } catch {
    return undefined; // No part, or one without a trustworthy description: the download starts over.
  }
}

async function partSize(path: string): Promise<number> {
  return stat(`${path}.part`).then(
    ({ size }) => size,
    () => 0,
  );
}

async function writePart(path: string, part: Part): Promise<void> {
  await writeFileAtomic(`${path}.part.json`, JSON.stringify(part));
}

async function removePart(path: string): Promise<void> {
  await rm(`${path}.part.json`, { force: true });
  await rm(`${path}.part`, { force: true });
}

/** Hexadecimal SHA-256 of a file. */
export async function fileSha256(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest("hex");
}

/** A failure that another attempt may mend. */
class TransientError extends Error {}

function isTransient(error: unknown): boolean {
  if (error instanceof StatusError) return [408, 425, 429].includes(error.status) || error.status >= 500;
  if (error instanceof TransientError) return true;
  // What fetch throws for a connection that fails or drops is a TypeError; a disk that is full is no such thing, and a
  // host that has no address will not have one in a second.
  return error instanceof TypeError && errorCode(error.cause) !== "ENOTFOUND";
}

function unreachable(url: string, error: unknown): EnvironmentError {
  if (error instanceof EnvironmentError) return error;
  return new EnvironmentError(`${url} could not be downloaded (${reasonOf(error)})`, { cause: error });
}

/** `fetch failed` says nothing; its cause does. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? reasonOf(error.cause) : error.message || error.name;
}

async function pause(ms: number, url: string, signal: AbortSignal | undefined): Promise<void> {
  try {
    await delay(ms, undefined, signal ? { signal } : {});
  } catch (error) {
    throw new CancelledError(`Downloading ${url}: cancelled.`, { cause: error });
  }
}
