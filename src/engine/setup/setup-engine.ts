import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { join, relative } from "node:path";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { findPython, runCommand } from "../../commands.js";
import { EnvironmentError } from "../../errors.js";
import { writeFileAtomic } from "../../files.js";
import { compileBinding } from "./compile.js";
import { finished, type SetupContext } from "./context.js";
import { downloadWheels, extractNpmPackage } from "./download.js";
import {
  bindingName,
  findInstallation,
  installationFolder,
  libraryFolder,
  manifestName,
  tensorFlowVersion,
  type Manifest,
  type TensorFlowInstallation,
  type TensorFlowVariant,
} from "./installation.js";
import { withLock } from "../../lock.js";
import { machineVariant, missingPlatform } from "./machine.js";
import { bindingSource, nodeHeadersSource, tensorFlowSource, type TensorFlowSource } from "./sources.js";
import { extractFromWheel } from "./wheel-contents.js";

export interface SetupOptions {
  /** Told what is being done, at most a few times a second. */
  readonly onProgress?: (message: string) => void;
  /** Cancels between and within steps; what is finished is kept for the next time. */
  readonly signal?: AbortSignal;
  /** Begins from nothing even if the engine is there. */
  readonly force?: boolean;
  /** Default: `"cuda"` where an NVIDIA driver answers, else `"cpu"`. */
  readonly variant?: TensorFlowVariant;
  /** The command that continues a failed set-up, for error messages. Default: `"npx sightbook setup"`. */
  readonly mend?: string;
}

/**
 * Sets up the TensorFlow engine in the user's cache: TensorFlow's shared libraries from its wheel, and the native
 * binding compiled against them with the system's C++ compiler or, without one, with zig from the Python index.
 *
 * Needs Python with pip, npm, and their indexes; nothing is installed outside the cache. Every download is checked
 * against a pinned checksum. An installation that is already there is used as it is. An interrupted set-up goes on
 * where it was.
 *
 * @throws {@link EnvironmentError} that says which step failed, what it printed last, and the command that mends it.
 * @throws {@link CancelledError} when the signal aborts.
 */
export async function setupEngine(options: SetupOptions = {}): Promise<TensorFlowInstallation> {
  const { onProgress = () => undefined, signal, force = false, mend = "npx sightbook setup" } = options;
  const variant = options.variant ?? (await machineVariant());
  const source = tensorFlowSource(variant);
  const missing = missingPlatform();
  if (source === undefined || missing !== undefined) {
    const reason =
      missing ?? `its variant "${variant}" does not exist for ${process.platform} on ${process.arch}`;
    throw new EnvironmentError(
      `setupEngine: TensorFlow ${tensorFlowVersion} cannot be set up here: ${reason}. ` +
        'Sightbook then trains with the "webgpu" or "wasm" engine.',
    );
  }
  if (!force) {
    const ready = await checkedInstallation(variant);
    if (ready !== undefined) return ready;
  }
  const folder = installationFolder(variant);
  const build = `${folder}.build`;
  return withLock(
    `${folder}.lock`,
    async () => {
      // Another process may have finished it while this one waited.
      const ready = force ? undefined : await checkedInstallation(variant);
      if (ready !== undefined) return ready;
      if (force) await rm(build, { recursive: true, force: true });
      const context: SetupContext = {
        python: await findPython(),
        onProgress,
        command: signal === undefined ? {} : { signal },
        mend,
      };
      await make(variant, source, build, context);
      return (await findInstallation(variant))!;
    },
    { task: "set-up", signal, onWait: onProgress },
  );
}

async function make(
  variant: TensorFlowVariant,
  source: TensorFlowSource,
  build: string,
  context: SetupContext,
): Promise<void> {
  await mkdir(build, { recursive: true });
  const binding = join(build, "binding");
  const nodeHeaders = join(build, "node-headers");
  await extractNpmPackage(bindingSource, binding, context);
  await extractNpmPackage(nodeHeadersSource, nodeHeaders, context);
  const wheel = await tensorFlowParts(source, build, context);

  const libraries = join(wheel, "tensorflow");
  const include = join(libraries, "include");
  const folders = { build, binding, nodeHeaders: join(nodeHeaders, "include"), include, libraries };
  const compiler = await compileBinding(folders, source.libraries, context);
  context.onProgress("trying it");
  await smokeRun(join(libraries, bindingName), context);

  // From here on only files of this folder move; the manifest, last, makes it an installation.
  context.onProgress("finishing");
  const folder = installationFolder(variant);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await rename(include, join(build, "include"));
  for (const entry of await readdir(wheel)) await rename(join(wheel, entry), join(folder, entry));
  await writeManifest(folder, { tensorFlow: tensorFlowVersion, variant, compiler });
  await rm(build, { recursive: true, force: true });
}

/** TensorFlow's libraries and headers (and NVIDIA's libraries) without the rest of the wheels. */
async function tensorFlowParts(
  source: TensorFlowSource,
  build: string,
  context: SetupContext,
): Promise<string> {
  const { wheel, companions, platforms, megabytes, libraries } = source;
  const downloads = join(build, "wheels");
  const parts = join(build, "parts");
  await finished(parts, async (partial) => {
    await finished(downloads, (folder) =>
      downloadWheels(
        `TensorFlow ${wheel.version}`,
        [wheel, ...companions],
        platforms,
        folder,
        megabytes,
        context,
      ),
    );
    context.onProgress("extracting TensorFlow's libraries");
    for (const name of (await readdir(downloads)).filter((entry) => entry.endsWith(".whl"))) {
      const wanted = name.startsWith("tensorflow")
        ? ["tensorflow/include/", ...libraries.map((library) => `tensorflow/${library}`)]
        : ["nvidia/"];
      await extractFromWheel(join(downloads, name), partial, wanted, context);
    }
  });
  await rm(downloads, { recursive: true, force: true });
  return parts;
}

/** Loads the binding and runs a graph, in a process of its own: a library that does not fit ends only that. */
async function smokeRun(bindingPath: string, context: SetupContext): Promise<void> {
  const program = fileURLToPath(new URL("./smoke-run.js", import.meta.url));
  await runCommand("Trying the engine", process.execPath, [program, bindingPath], {
    ...context.command,
    env: { TF_CPP_MIN_LOG_LEVEL: "2" },
    mend: `${context.mend} --force`,
  });
}

async function writeManifest(folder: string, about: Omit<Manifest, "files">): Promise<void> {
  const files: Record<string, { bytes: number; sha256: string }> = {};
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const name = relative(folder, path).replaceAll("\\", "/");
    files[name] = { bytes: (await stat(path)).size, sha256: await sha256(path) };
  }
  const manifest: Manifest = { ...about, files };
  await writeFileAtomic(join(folder, manifestName), `${JSON.stringify(manifest, null, 2)}\n`);
}

/** An installation whose files have their sizes and whose binding has its checksum. */
async function checkedInstallation(variant: TensorFlowVariant): Promise<TensorFlowInstallation | undefined> {
  const installation = await findInstallation(variant);
  if (installation === undefined) return undefined;
  const expected = installation.manifest.files[`${libraryFolder}/${bindingName}`]?.sha256;
  return (await sha256(installation.bindingPath)) === expected ? installation : undefined;
}

async function sha256(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}
