import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import { request as fetchFrom, interceptors, getGlobalDispatcher } from "undici";

import { ArgumentError, EnvironmentError, FileError } from "../errors.js";
import { systemReason } from "../files.js";

/** An image to be scored: a file's path, an `http`, `https` or `file` address, or the bytes of an image file. */
export type ImageSource = string | URL | Uint8Array;

/** Largest image, in bytes: what a scoring server takes by default. */
const largestImageBytes = 16 << 20;
const mostRedirects = 5;

/**
 * The bytes of an image. An address is fetched from here, by the caller's machine and with its rights: a scoring server
 * never fetches anything.
 *
 * @throws {@link FileError} or {@link EnvironmentError} that names the image and says what was wrong.
 */
export async function readImageSource(
  where: string,
  image: ImageSource,
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal | undefined },
): Promise<Uint8Array> {
  if (image instanceof Uint8Array) return image;
  const isAddress = image instanceof URL || /^(?:https?|file):\/\//iu.test(image);
  if (!isAddress) return readImageFile(image);
  const url = new URL(image);
  if (url.protocol === "file:") return readImageFile(fileURLToPath(url));
  if (url.protocol === "http:" || url.protocol === "https:") return fetchImage(url, timeoutMs, signal);
  throw new ArgumentError(where, "image", "a path, an http or https address, or an image's bytes", url.href);
}

async function readImageFile(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new FileError(path, `could not be read (${systemReason(error)})`, undefined, { cause: error });
  }
}

async function fetchImage(url: URL, timeoutMs: number, signal: AbortSignal | undefined): Promise<Uint8Array> {
  const failed = (what: string, cause?: unknown): EnvironmentError =>
    new EnvironmentError(`${url.href}: ${what}.`, { cause });
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    const { statusCode, headers, body } = await fetchFrom(url, {
      dispatcher: getGlobalDispatcher().compose(interceptors.redirect({ maxRedirections: mostRedirects })),
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    });
    const stated = Number(headers["content-length"] ?? 0);
    const chunks: Buffer[] = [];
    let size = 0;
    const tooLarge = (): EnvironmentError => failed(`is larger than ${largestImageBytes >> 20} MiB`);
    try {
      if (statusCode !== 200) throw failed(`the server answered ${statusCode}`);
      if (stated > largestImageBytes) throw tooLarge();
      for await (const chunk of body as AsyncIterable<Buffer>) {
        size += chunk.length;
        if (size > largestImageBytes) throw tooLarge();
        chunks.push(chunk);
      }
    } finally {
      body.on("error", () => undefined).destroy();
    }
    return Buffer.concat(chunks);
  } catch (error) {
    if (error instanceof EnvironmentError || signal?.aborted === true) throw error;
    if (timeout.aborted) throw failed(`did not come within ${timeoutMs / 1000} s`, error);
    throw failed(`could not be fetched (${systemReason(error)})`, error);
  }
}
