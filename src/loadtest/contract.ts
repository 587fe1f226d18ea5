import { readFile } from "node:fs/promises";

import { ArgumentError, FileError } from "../errors.js";
import { systemReason } from "../files.js";
import type { PreparedRequest } from "./connection.js";

/**
 * How a scoring service is asked. `"score"`: a JSON array with each image as base64, the answer an array of JSON strings
 * with the scores of the labels, as the Azure ML Package for Computer Vision did it. `"predict"`: the image's bytes, the
 * answer a JSON object with `predictions`, each with `label` and `scores`.
 */
export type ScoringContract = "score" | "predict";

/** The service to put under load, and what to send it. */
export interface Target {
  /** Such as `"http://127.0.0.1:5001"`. */
  readonly origin: string;
  readonly contract: ScoringContract;
  /** One for each image. */
  readonly requests: readonly PreparedRequest[];
}

export interface TargetOptions {
  readonly url: string;
  readonly images: readonly (string | Uint8Array)[];
  readonly contract?: ScoringContract | undefined;
  readonly key?: string | undefined;
  readonly parameters?: Readonly<Record<string, unknown>> | undefined;
}

/** @throws {@link ArgumentError} for a URL that is not HTTP; {@link FileError} for an image that cannot be read. */
export async function prepareTarget(options: TargetOptions): Promise<Target> {
  const { url: text, images, key, parameters = {} } = options;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !["http:", "https:"].includes(url.protocol)) {
    throw new ArgumentError("loadTest", "url", "an http or https address", text);
  }
  if (images.length === 0) {
    throw new ArgumentError("loadTest", "images", "at least one image file", images);
  }
  if (url.pathname === "/") url.pathname = "/v1/predict";
  const contract = options.contract ?? (url.pathname.endsWith("/v1/predict") ? "predict" : "score");
  const headers = { ...(key !== undefined && { authorization: `Bearer ${key}` }) };
  const path = url.pathname + url.search;
  const requests = await Promise.all(
    images.map(async (image): Promise<PreparedRequest> => {
      const bytes = typeof image === "string" ? await readImage(image) : image;
      if (contract === "predict") {
        return { path, headers: { ...headers, "content-type": mediaType(bytes) }, body: bytes };
      }
      const body = [{ image_in_base64: Buffer.from(bytes).toString("base64"), parameters }];
      return {
        path,
        headers: { ...headers, "content-type": "application/json" },
        body: Buffer.from(JSON.stringify(body)),
      };
    }),
  );
  return { origin: url.origin, contract, requests };
}

async function readImage(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new FileError(path, `could not be read (${systemReason(error)})`, undefined, { cause: error });
  }
}

function mediaType(image: Uint8Array): string {
  if (image[0] === 0xff && image[1] === 0xd8) return "image/jpeg";
  if (image[0] === 0x89 && image[1] === 0x50) return "image/png";
  if (Buffer.from(image.subarray(8, 12)).toString("latin1") === "WEBP") return "image/webp";
  return "application/octet-stream";
}

/** What an answer says of its image; answers to the same image must agree. */
export interface Answer {
  /** The label's name, or the index of the highest score where the contract has no names. */
  readonly label: string;
  /** The model that answered, where the contract says it: another version may name another label. */
  readonly version: string;
}

/** @returns The answer, or what is wrong with it. */
export function readAnswer(contract: ScoringContract, body: Buffer): Answer | { readonly wrong: string } {
  let json: unknown;
  try {
    json = JSON.parse(body.toString());
    if (contract === "score" && Array.isArray(json)) json = JSON.parse(String(json[0]));
  } catch {
    return { wrong: "the answer is not JSON" };
  }
  return contract === "score" ? readScores(json) : readPrediction(json);
}

function readScores(json: unknown): Answer | { readonly wrong: string } {
  // One row of scores, bare or as the only row of a matrix.
  const row: unknown = Array.isArray(json) && Array.isArray(json[0]) ? json[0] : json;
  if (!Array.isArray(row) || row.length === 0 || !row.every((score) => Number.isFinite(score))) {
    return { wrong: "the answer has no scores" };
  }
  const scores = row as readonly number[];
  return { label: String(scores.indexOf(Math.max(...scores))), version: "" };
}

function readPrediction(json: unknown): Answer | { readonly wrong: string } {
  const { model, predictions } = (json ?? {}) as {
    readonly model?: { readonly version?: unknown };
    readonly predictions?: Readonly<Record<number, { readonly label?: unknown; readonly scores?: unknown }>>;
  };
  const prediction = predictions?.[0];
  if (typeof prediction?.label !== "string") return { wrong: "the answer has no label" };
  if (typeof prediction.scores !== "object") return { wrong: "the answer has no scores" };
  const version = model?.version;
  return { label: prediction.label, version: typeof version === "string" ? version : "" };
}
