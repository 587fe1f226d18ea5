/** A server's answer, its body not read yet. */
export interface Answer {
  readonly status: number;
  /** Bytes of the body, where the server says so. */
  readonly length: number | undefined;
  /** First byte of a 206 answer in the whole file. */
  readonly rangeStart: number | undefined;
  /** Size of the whole file that a 416 answer states. */
  readonly totalOfRange: number | undefined;
  /** What `If-Range` may carry later: a strong ETag, else the date of the last change. */
  readonly validator: string | undefined;
  /** SHA-256 of the whole file, where the server announces it as the Hugging Face hub does. */
  readonly announcedSha256: string | undefined;
  readonly body: AsyncIterable<Uint8Array>;
  /** Ends the connection if the body was not read to its end. */
  close(): void;
}

/** An answer that is no file. */
export class StatusError extends Error {
  constructor(readonly status: number) {
    super(`the server answered ${status}`);
  }
}

const maximumRedirects = 10;

/**
 * Sends a GET request and follows redirects, keeping what the first answers announce: a hub states a file's digest in the
 * answer that redirects to its storage.
 *
 * @throws {@link StatusError} for an answer other than 200, 206 and 416; `TypeError` (fetch's) when the connection fails.
 */
export async function request(
  url: string,
  options: {
    readonly headers: Readonly<Record<string, string>>;
    readonly signal: AbortSignal | undefined;
    readonly idleTimeoutMs: number;
  },
): Promise<Answer> {
  const abort = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, abort.signal]) : abort.signal;
  const idle = new IdleTimer(options.idleTimeoutMs, abort);
  // Compressed bytes have no ranges of the file.
  const headers = { ...options.headers, "Accept-Encoding": "identity" };
  let announcedSha256: string | undefined;
  let target = url;
  try {
    for (let redirects = 0; redirects <= maximumRedirects; redirects++) {
      const response = await fetch(target, { headers, signal, redirect: "manual" });
      announcedSha256 ??= hexDigest(response.headers.get("x-linked-etag"));
      const location = response.headers.get("location");
      if (response.status >= 300 && response.status < 400 && location !== null) {
        await response.body?.cancel();
        target = new URL(location, target).href;
        continue;
      }
      if (![200, 206, 416].includes(response.status)) {
        await response.body?.cancel();
        throw new StatusError(response.status);
      }
      return answerOf(response, announcedSha256, idle, abort);
    }
    throw new Error(`more than ${maximumRedirects} redirects`);
  } catch (error) {
    idle.stop();
    throw idle.expired ? new TypeError(`no data for ${options.idleTimeoutMs / 1000} s`) : error;
  }
}

function answerOf(
  response: Response,
  announcedSha256: string | undefined,
  idle: IdleTimer,
  abort: AbortController,
): Answer {
  const { headers, status } = response;
  const range = /^bytes (?:(\d+)-\d+|\*)\/(\d+|\*)$/.exec(headers.get("content-range") ?? "");
  const etag = headers.get("etag");
  return {
    status,
    length: sizeOf(headers.get("content-length") ?? undefined),
    rangeStart: sizeOf(range?.[1]),
    totalOfRange: sizeOf(range?.[2]),
    validator: (etag?.startsWith('"') ? etag : undefined) ?? headers.get("last-modified") ?? undefined,
    announcedSha256,
    body: readBody(response, idle),
    close: () => {
      idle.stop();
      abort.abort();
    },
  };
}

async function* readBody(response: Response, idle: IdleTimer): AsyncGenerator<Uint8Array> {
  if (response.body === null) return;
  try {
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      idle.restart();
      yield chunk;
    }
  } catch (error) {
    throw idle.expired ? new TypeError("the connection went silent", { cause: error }) : error;
  } finally {
    idle.stop();
  }
}

/** Aborts a request whose connection gives nothing for some time. */
class IdleTimer {
  expired = false;
  readonly #timer: NodeJS.Timeout;

  constructor(ms: number, abort: AbortController) {
    this.#timer = setTimeout(() => {
      this.expired = true;
      abort.abort();
    }, ms);
  }

  restart(): void {
    this.#timer.refresh();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}

function sizeOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

function hexDigest(etag: string | null): string | undefined {
  return /^"?([0-9a-f]{64})"?$/.exec(etag ?? "")?.[1];
}
