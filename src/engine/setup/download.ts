import { createHash } from "node:crypto";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as tar from "tar";
import { runCommand, runPip } from "../../commands.js";
import { EnvironmentError } from "../../errors.js";
import type { NpmSource, WheelSource } from "./sources.js";
import { finished, type SetupContext } from "./context.js";

/** Gets a package of the npm registry through npm and extracts it to `folder`, once. */
export async function extractNpmPackage(
  source: NpmSource,
  folder: string,
  context: SetupContext,
): Promise<void> {
  await finished(folder, async (partial) => {
    const label = `${source.name} ${source.version}`;
    context.onProgress(`downloading ${label}`);
    const npm = process.env["npm_execpath"];
    const spec = `${source.name}@${source.version}`;
    const args = ["pack", spec, "--ignore-scripts", "--silent", "--pack-destination", partial];
    await runCommand(`Downloading ${label}`, npm ? process.execPath : "npm", npm ? [npm, ...args] : args, {
      ...context.command,
      mend: context.mend,
    });
    const name = (await readdir(partial)).find((entry) => entry.endsWith(".tgz"));
    if (name === undefined) throw new EnvironmentError(`Downloading ${label} failed: npm pack left no file.`);
    const tarball = join(partial, name);
    const digest = createHash("sha512")
      .update(await readFile(tarball))
      .digest("base64");
    if (`sha512-${digest}` !== source.integrity) {
      throw new EnvironmentError(
        `Downloading ${label} failed: the registry's file has checksum sha512-${digest}, expected ${source.integrity}. ` +
          "Check the registry that npm is set to.",
      );
    }
    await tar.extract({ file: tarball, cwd: partial, strip: 1 });
    await rm(tarball);
  });
}

/**
 * Gets wheels through pip, which checks their SHA-256, into `folder`.
 *
 * @param platforms - The wheels' platforms, independent of the Python that runs pip.
 */
export async function downloadWheels(
  step: string,
  wheels: readonly WheelSource[],
  platforms: readonly string[],
  folder: string,
  megabytes: number,
  context: SetupContext,
): Promise<void> {
  const requirements = join(folder, "requirements.txt");
  await writeFile(requirements, wheels.map(requirementLine).join(""));
  const args = ["download", "--no-deps", "--require-hashes", "--requirement", requirements, "--dest", folder];
  const target = ["--only-binary=:all:", "--python-version", "3.12", "--implementation", "cp"];
  await pip(
    `Downloading ${step}`,
    [...args, ...target, ...platforms.flatMap((name) => ["--platform", name])],
    folder,
    context,
    (bytes) => {
      context.onProgress(`downloading ${step}: ${Math.round(bytes / 1e6)} of ${megabytes} MB`);
    },
  );
}

/** Installs one wheel for the running platform to a folder of its own, where Python finds it through `PYTHONPATH`. */
export async function installWheel(wheel: WheelSource, folder: string, context: SetupContext): Promise<void> {
  await finished(folder, async (partial) => {
    context.onProgress(`downloading ${wheel.name} ${wheel.version}`);
    const requirements = join(partial, "requirements.txt");
    await writeFile(requirements, requirementLine(wheel));
    const args = [
      "install",
      "--no-deps",
      "--require-hashes",
      "--only-binary=:all:",
      "--requirement",
      requirements,
    ];
    await pip(`Downloading ${wheel.name}`, [...args, "--target", partial], partial, context);
  });
}

function pip(
  step: string,
  args: readonly string[],
  folder: string,
  { python, command, mend }: SetupContext,
  onBytes?: (bytes: number) => void,
): Promise<void> {
  return runPip(step, python, args, { ...command, mend, folder, ...(onBytes && { onBytes }) });
}

function requirementLine({ name, version, sha256 }: WheelSource): string {
  return `${name}==${version} ${sha256.map((hash) => `--hash=sha256:${hash}`).join(" ")}\n`;
}
