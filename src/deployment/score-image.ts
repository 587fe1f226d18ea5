import { setTimeout } from "node:timers/promises";

import { request } from "undici";

import { ArgumentError, CancelledError, EnvironmentError } from "../errors.js";
import { errorCode } from "../files.js";
import { readImageSource, type ImageSource } from "./image-source.js";

export interface ScoreImageOptions {
  /** `scores` are probabilities; false gives the network's own, unnormalised scores. Default true. */
  readonly addSoftmax?: boolean;
  /** Time for everything, fetching the image and trying again included. Default 30,000. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export interface ScoringService {
  /** Such as `"http://127.0.0.1:5001"`; the address of one of its scoring routes will do, too. */
  readonly endpoint: string;
  /** Sent as `Authorization: Bearer <key>`. Default: none. */
  readonly key?: string | undefined;
}

/** What a scoring service says about an image. */
export interface ImageScore {
  /** The label with the highest score. */
  readonly label: string;
  readonly labelIndex: number;
  /** Its probability. */
  readonly score: number;
  /** The label, or `"unknown"` when its probability is below the threshold that was saved with the model. */
  readonly decision: string;
  /** Score of each label: probabilities, or unnormalised scores without softmax. */
  readonly scores: Readonly<Record<string, number>>;
  /** Version of the model that answered. */
  readonly modelVersion: string;
  /** Where the time went on the server, in milliseconds. */
  readonly timing: Readonly<Record<"queueMs" | "decodeMs" | "inferenceMs", number>>;
}

/** A request that found no server, a full one or one that ended is sent again: scoring twice does no harm. */
const waitsMs = [50, 200, 800, 2000];

/**
 * Scores an image with a service that Sightbook serves, wherever it runs.
 *
 * @throws {@link ArgumentError} when the service cannot read the image or refuses the key; {@link EnvironmentError} when
 *   it cannot be reached, is overloaded or does not answer in time.
 */
export async function scoreImageWith(
  where: string,
  image: ImageSource,
  service: ScoringService,
  options: ScoreImageOptions = {},
): Promise<ImageScore> {
  const { addSoftmax = true, timeoutMs = 30_000, signal } = options;
  const url = predictUrl(where, service.endpoint);
  if (!addSoftmax) url.searchParams.set("softmax", "false");
  const deadline = AbortSignal.timeout(timeoutMs);
  const bytes = await readImageSource(where, image, { timeoutMs, signal });
  for (let attempt = 0; ; attempt++) {
    const answer = await ask(
      url,
      bytes,
      service.key,
      signal ? AbortSignal.any([signal, deadline]) : deadline,
    );
    if ("score" in answer) return answer.score;
    if (signal?.aborted === true) throw new CancelledError(`${where}: cancelled.`);
    if (deadline.aborted) {
      throw new EnvironmentError(`${where}: ${url.origin} did not answer within ${timeoutMs / 1000} s.`);
    }
    const waitMs = waitsMs[attempt];
    if (!answer.again || waitMs === undefined) throw errorOf(where, url, image, answer);
    await setTimeout(waitMs);
  }
}

interface Refusal {
  readonly status: number;
  readonly message: string;
  readonly again: boolean;
  readonly cause?: unknown;
}

async function ask(
  url: URL,
  body: Uint8Array,
  key: string | undefined,
  signal: AbortSignal,
): Promise<{ readonly score: ImageScore } | Refusal> {
  try {
    const { statusCode, body: answer } = await request(url, {
      method: "POST",
      headers: {
        "content-type": "application/octet-stream",
        ...(key !== undefined && { authorization: `Bearer ${key}` }),
      },
      body,
      signal,
    });
    const json = parsed(await answer.text());
    if (statusCode === 200) return { score: scoreOf(json) };
    const message = (json as { error?: { message?: unknown } } | undefined)?.error?.message;
    return {
      status: statusCode,
      message: typeof message === "string" ? message : `It answered ${statusCode}.`,
      again: statusCode === 503 || statusCode === 429 || statusCode === 502,
    };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    // A container that takes another one's place is away for a moment; a name that is unknown stays so.
    return { status: 0, message, again: errorCode(error) !== "ENOTFOUND", cause: error };
  }
}

function scoreOf(json: unknown): ImageScore {
  const { model, predictions } = (json ?? {}) as {
    model?: { version?: string };
    predictions?: readonly (ImageScore & { threshold?: number })[];
  };
  const [prediction] = predictions ?? [];
  if (prediction === undefined || typeof prediction.label !== "string") {
    throw new Error("it is no scoring service of Sightbook: its answer has no prediction");
  }
  const { label, labelIndex, score, decision, scores, timing } = prediction;
  return { label, labelIndex, score, decision, scores, modelVersion: model?.version ?? "", timing };
}

function errorOf(where: string, url: URL, image: ImageSource, { status, message, cause }: Refusal): Error {
  if (status === 401) {
    return new ArgumentError(
      where,
      "key",
      `one that ${url.origin} accepts`,
      "another (not shown)",
      "deployment.key is the right one.",
    );
  }
  if (status >= 400 && status < 500 && status !== 429) {
    const shown = image instanceof Uint8Array ? `${image.length} bytes` : String(image);
    return new ArgumentError(where, "image", "an image that the service can score", shown, message);
  }
  const state = status === 0 ? "cannot be reached" : "could not score the image";
  return new EnvironmentError(`${where}: ${url.origin} ${state}: ${message}`, { cause });
}

function predictUrl(where: string, endpoint: string): URL {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url === undefined || !["http:", "https:"].includes(url.protocol)) {
    throw new ArgumentError(where, "endpoint", "an http or https address", endpoint);
  }
  const base = url.pathname.replace(/(?:\/api\/v1\/service\/[^/]+)?\/score$|\/v1\/predict$|\/$/u, "");
  url.pathname = `${base}/v1/predict`;
  return url;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
