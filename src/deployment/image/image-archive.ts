import { createHash } from "node:crypto";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

import { readBundle } from "../../export/index.js";
import { sightbookVersion } from "../../version.js";
import { nodePath, runtimeFiles } from "./runtime-files.js";
import { tarSize, tarStream, withFolders, type TarEntry } from "./tar-stream.js";

/** Port of the scoring routes in the container, and of the metrics. */
export const scoringPort = 8080;
export const metricsPort = 9090;
/** Neither root nor anybody that the host knows. */
export const containerUser = 65532;

/** Label with the path of the program that relays connections to servers; see `relay-process.ts`. */
export const relayLabel = "sightbook.relay";

export interface ImageOptions {
  /** Folder of a bundle. Without one the image serves nothing, but runs the command line. */
  readonly bundle?: string | undefined;
  /** Such as `"sightbook/tableware:0123456789ab"`. */
  readonly tag: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface ImageArchive {
  /** What `docker load`, `podman load` and `ctr images import` read. */
  readonly content: AsyncIterable<Uint8Array>;
  /** Bytes of all layers. */
  readonly size: number;
}

interface Layer {
  readonly name: string;
  readonly what: string;
  readonly entries: readonly TarEntry[];
}

/**
 * An image that serves a bundle, made of this machine's Node and what is installed with this package: nothing comes from a
 * registry, and no daemon is needed to make it. The same files give the same image.
 */
export async function imageArchive({ bundle, tag, labels }: ImageOptions): Promise<ImageArchive> {
  const { entries: runtime, main, relay } = await runtimeFiles();
  const layers: Layer[] = [
    { name: "runtime.tar", what: "Node and the command line", entries: withFolders(runtime) },
  ];
  let created = new Date(0).toISOString();
  if (bundle !== undefined) {
    created = (await readBundle(bundle)).manifest.createdAt;
    layers.push({ name: "bundle.tar", what: "the model", entries: withFolders(await bundleEntries(bundle)) });
  }
  function* files(): Generator<TarEntry> {
    const diffIds: string[] = [];
    for (const { name, entries } of layers) {
      const hash = createHash("sha256");
      yield { path: name, mode: 0o644, size: tarSize(entries), content: hashed(tarStream(entries), hash) };
      // Resumed when the layer has been written, and so hashed.
      diffIds.push(`sha256:${hash.digest("hex")}`);
    }
    const allLabels = { ...labels, [relayLabel]: relay };
    const config = Buffer.from(
      JSON.stringify(imageConfig({ main, layers, diffIds, labels: allLabels, created, bundle })),
    );
    const name = `${createHash("sha256").update(config).digest("hex")}.json`;
    yield { path: name, mode: 0o644, size: config.length, content: config };
    const list = Buffer.from(
      JSON.stringify([{ Config: name, RepoTags: [tag], Layers: layers.map((layer) => layer.name) }]),
    );
    yield { path: "manifest.json", mode: 0o644, size: list.length, content: list };
  }
  return {
    content: tarStream(files()),
    size: layers.reduce((sum, { entries }) => sum + tarSize(entries), 0),
  };
}

async function bundleEntries(bundle: string): Promise<TarEntry[]> {
  const names = (await readdir(bundle)).sort();
  return Promise.all(
    names.map(async (name) => {
      const path = join(bundle, name);
      return { path: `bundle/${name}`, mode: 0o644, size: (await stat(path)).size, content: path };
    }),
  );
}

async function* hashed(
  content: AsyncIterable<Uint8Array>,
  hash: ReturnType<typeof createHash>,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of content) {
    hash.update(chunk);
    yield chunk;
  }
}

/** By the OCI image specification; Docker adds `Healthcheck` to it. */
function imageConfig({
  main,
  layers,
  diffIds,
  labels,
  created,
  bundle,
}: Omit<ImageOptions, "tag"> & {
  readonly main: string;
  readonly layers: readonly Layer[];
  readonly diffIds: readonly string[];
  readonly created: string;
}): object {
  return {
    architecture: process.arch === "x64" ? "amd64" : process.arch,
    os: "linux",
    created,
    config: {
      User: `${containerUser}:${containerUser}`,
      WorkingDir: "/tmp",
      Env: ["PATH=/usr/bin", "HOME=/tmp", "NODE_ENV=production"],
      Entrypoint: [nodePath, main],
      Labels: { ...labels, "org.opencontainers.image.version": sightbookVersion() },
      StopSignal: "SIGTERM",
      ...(bundle === undefined ? { Cmd: ["--help"] } : servingConfig()),
    },
    rootfs: { type: "layers", diff_ids: diffIds },
    history: layers.map(({ what }) => ({ created, created_by: `sightbook: ${what}` })),
  };
}

function servingConfig(): object {
  const probe = `fetch("http://127.0.0.1:${scoringPort}/readyz").then((r)=>process.exit(r.ok?0:1),()=>process.exit(1))`;
  const seconds = 1e9;
  return {
    Cmd: servingCommand(),
    ExposedPorts: { [`${scoringPort}/tcp`]: {}, [`${metricsPort}/tcp`]: {} },
    Healthcheck: {
      Test: ["CMD", nodePath, "-e", probe],
      Interval: 10 * seconds,
      Timeout: 5 * seconds,
      StartPeriod: 60 * seconds,
      Retries: 3,
    },
  };
}

/** Names what an image without a bundle holds: 12 hexadecimal digits, others for any other file or version. */
export async function runtimeVersion(): Promise<string> {
  const hash = createHash("sha256");
  const { entries } = await runtimeFiles();
  for await (const chunk of tarStream(withFolders(entries))) hash.update(chunk);
  return hash.digest("hex").slice(0, 12);
}

/** What the container runs after the command line's own name. */
export function servingCommand(options: readonly string[] = []): string[] {
  return [
    "serve",
    "/bundle",
    "--host=0.0.0.0",
    `--port=${scoringPort}`,
    `--metrics-port=${metricsPort}`,
    ...options,
  ];
}
