import { createHash } from "node:crypto";

import { FileError } from "../errors.js";
import { isThreshold, type ModelThresholds } from "./thresholds.js";

/** Version of the bundle's format that this library writes, and the only one it reads so far. */
export const bundleSchemaVersion = 1;

/** Anything that JSON can hold. */
export type JsonValue =
  string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue | undefined };

/** A value as JSON holds it; `null` for nothing. */
export function toJson(value: unknown): JsonValue {
  return JSON.parse(JSON.stringify(value ?? null)) as JsonValue;
}

/** How an image file becomes the network's input. */
export interface BundlePreprocessing {
  /** Height and width of the input in pixels. */
  readonly imageSize: readonly [height: number, width: number];
  /** Length of the shorter side in pixels before the centre crop. */
  readonly resizeTo: number;
  readonly interpolation: string;
  /** Subtracted from RGB values of 0 to 255, then divided by; part of `model.onnx`, repeated here for people. */
  readonly mean: readonly [number, number, number];
  readonly standardDeviation: readonly [number, number, number];
}

/** Where the weights that training started from came from. */
export interface BundleWeights {
  /** Such as `"imagenet"`, `"none"` or a path. */
  readonly requested: string;
  readonly source: string;
  readonly licence: string;
  readonly sha256?: string | undefined;
}

/** What a bundle is about: all of `model.json` but the list of files. */
export interface BundleDescription {
  readonly kind: "image-classifier" | "linear-classifier";
  /** Name and version of the program that wrote it. */
  readonly createdBy: string;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  /** Label names in the order of the scores. */
  readonly labels: readonly string[];
  /** The least score at which each label is believed; absent when none was chosen. */
  readonly thresholds?: ModelThresholds;
  readonly preprocessing: BundlePreprocessing;
  /** What the network is: enough to build it again and fill it with `weights.safetensors`. */
  readonly model: Readonly<Record<string, JsonValue | undefined>>;
  readonly weights: BundleWeights;
  /** How it was trained; `null` before training. */
  readonly recipe: JsonValue;
  /** What training and evaluation measured; `null` when nothing was. */
  readonly metrics: JsonValue;
}

export interface BundleFile {
  /** In bytes. */
  readonly size: number;
  /** In lower-case hexadecimal digits. */
  readonly sha256: string;
}

export interface BundleManifest extends BundleDescription {
  readonly schemaVersion: typeof bundleSchemaVersion;
  readonly files: Readonly<Record<string, BundleFile>>;
}

export function sha256(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

/**
 * `model.json` as text. Its own SHA-256, over the text without that field, is the last field, so that a changed
 * label name or size is noticed like a changed weight.
 */
export function formatManifest(
  description: BundleDescription,
  files: Readonly<Record<string, BundleFile>>,
): string {
  const manifest = { schemaVersion: bundleSchemaVersion, ...description, files };
  return `${JSON.stringify({ ...manifest, sha256: sha256(JSON.stringify(manifest)) }, null, 2)}\n`;
}

/**
 * Reads `model.json`.
 *
 * @throws {@link FileError} when it is no JSON, of an unknown schema version, changed by hand or incomplete.
 */
export function parseManifest(path: string, text: string): BundleManifest {
  let manifest: unknown;
  try {
    manifest = JSON.parse(text);
  } catch (error) {
    throw new FileError(path, `is not valid JSON (${String(error)})`, saveAgain, { cause: error });
  }
  if (!isRecord(manifest)) throw new FileError(path, "holds no JSON object", saveAgain);
  const { sha256: stated, ...rest } = manifest;
  const { schemaVersion } = rest;
  if (schemaVersion !== bundleSchemaVersion) {
    const newer = typeof schemaVersion === "number" && schemaVersion > bundleSchemaVersion;
    throw new FileError(
      path,
      `its schemaVersion is ${show(schemaVersion)}, this Sightbook reads ${bundleSchemaVersion}`,
      newer ? "Update Sightbook, or save the model again with this version." : "Is this a Sightbook bundle?",
    );
  }
  const actual = sha256(JSON.stringify(rest));
  if (stated !== actual) {
    throw new FileError(
      path,
      `its own SHA-256 says ${show(stated)}, its content gives "${actual}"`,
      saveAgain,
    );
  }
  const problem = problemOf(rest);
  if (problem !== undefined) throw new FileError(path, problem, saveAgain);
  return rest as unknown as BundleManifest;
}

export const saveAgain =
  "The bundle was damaged or changed after it was saved; copy it anew or save the model again.";

/** File names in a bundle: plain ones, so that none leads anywhere else. */
const plainName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/u;

function problemOf(manifest: Readonly<Record<string, unknown>>): string | undefined {
  const { kind, labels, thresholds, preprocessing, model, weights, files } = manifest;
  if (kind !== "image-classifier" && kind !== "linear-classifier") {
    return `its kind ${show(kind)} is unknown`;
  }
  if (!Array.isArray(labels) || labels.length === 0 || !labels.every((label) => typeof label === "string")) {
    return "its labels are not a list of names";
  }
  if (thresholds !== undefined && !areThresholds(thresholds, labels)) {
    return "its thresholds are not a number in [0, 1] for each label";
  }
  if (!isRecord(preprocessing) || !isPair(preprocessing["imageSize"])) {
    return "its preprocessing has no imageSize of two numbers";
  }
  if (!isRecord(model) || !isRecord(weights)) return "its model or weights are not described";
  if (!isRecord(files)) return "it lists no files";
  for (const [name, file] of Object.entries(files)) {
    if (!plainName.test(name)) return `its file name ${JSON.stringify(name)} is not a plain one`;
    if (!isRecord(file) || typeof file["size"] !== "number" || typeof file["sha256"] !== "string") {
      return `its file ${JSON.stringify(name)} has no size and SHA-256`;
    }
  }
  return undefined;
}

function show(value: unknown): string {
  return value === undefined ? "missing" : JSON.stringify(value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function areThresholds(thresholds: unknown, labels: readonly string[]): boolean {
  return isRecord(thresholds) && labels.every((label) => isThreshold(thresholds[label]));
}

function isPair(value: unknown): boolean {
  return Array.isArray(value) && value.length === 2 && value.every((size) => typeof size === "number");
}
