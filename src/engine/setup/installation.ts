import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { cacheFolder } from "../../cache.js";

/** The TensorFlow that the engine is built on; a new version is a new folder in the cache. */
export const tensorFlowVersion = "2.21.0";

/** The processor-only wheel, or the one that computes on NVIDIA GPUs. */
export type TensorFlowVariant = "cpu" | "cuda";

/** What set-up leaves behind, written last: an installation without it is unfinished. */
export interface Manifest {
  readonly tensorFlow: string;
  readonly variant: TensorFlowVariant;
  /** What compiled the binding, such as `"g++ 12.2.0"`. */
  readonly compiler: string;
  readonly files: Readonly<Record<string, { readonly bytes: number; readonly sha256: string }>>;
}

export interface TensorFlowInstallation {
  readonly folder: string;
  /** The native binding, which finds TensorFlow's libraries beside it. */
  readonly bindingPath: string;
  readonly manifest: Manifest;
}

export const bindingName = "tfjs_binding.node";
/** Loaded before the binding, from beside it. */
export const processSettingsName = "process_settings.node";
export const manifestName = "manifest.json";

/** Where the libraries and the binding lie in an installation: as in the wheel, so that TensorFlow finds NVIDIA's. */
export const libraryFolder = "tensorflow";

/** Goes up when something else than TensorFlow's version changes what set-up makes. */
const revision = 3;

/** Where a variant's installation belongs, per user, so that every checkout and project shares it. */
export function installationFolder(variant: TensorFlowVariant): string {
  const machine = `${process.platform}-${process.arch}`;
  return cacheFolder("engine", `tensorflow-${tensorFlowVersion}-${variant}-${machine}-r${revision}`);
}

/** The finished installation of a variant, or `undefined`; looks at the manifest and the size of each file. */
export async function findInstallation(
  variant: TensorFlowVariant,
): Promise<TensorFlowInstallation | undefined> {
  const folder = installationFolder(variant);
  try {
    const manifest = JSON.parse(await readFile(join(folder, manifestName), "utf8")) as Manifest;
    for (const [name, { bytes }] of Object.entries(manifest.files)) {
      if ((await stat(join(folder, name))).size !== bytes) return undefined;
    }
    return { folder, bindingPath: join(folder, libraryFolder, bindingName), manifest };
  } catch {
    // No manifest, or a file that it names is gone: set-up has to finish it, and says so.
    return undefined;
  }
}

/** The installation to use: CUDA's where it was set up, else the processor's. */
export async function installedTensorFlow(): Promise<TensorFlowInstallation | undefined> {
  return (await findInstallation("cuda")) ?? (await findInstallation("cpu"));
}
