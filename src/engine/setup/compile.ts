import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runCommand } from "../../commands.js";
import type { SetupContext } from "./context.js";
import { installWheel } from "./download.js";
import { bindingName, processSettingsName } from "./installation.js";
import { processSettingsSource } from "./process-settings.js";
import { zigSource } from "./sources.js";

export interface CompileFolders {
  /** Where the compiler's own files and the zig wheel may go. */
  readonly build: string;
  /** The extracted npm package with `binding/`. */
  readonly binding: string;
  readonly nodeHeaders: string;
  /** TensorFlow's `include`. */
  readonly include: string;
  /** TensorFlow's libraries; the binding is put beside them. */
  readonly libraries: string;
}

interface Compiler {
  /** For the manifest: `"g++ (Debian 12.2.0-14) 12.2.0"`. */
  readonly description: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Compiles the binding against TensorFlow's libraries.
 *
 * @returns What compiled it.
 */
export async function compileBinding(
  folders: CompileFolders,
  libraries: readonly string[],
  context: SetupContext,
): Promise<string> {
  const compiler = (await systemCompiler()) ?? (await zig(folders.build, context));
  const settings = join(folders.build, "process-settings.cc");
  await writeFile(settings, processSettingsSource);
  const framework = libraries.find((name) => name.includes("framework"))!;
  const sources = ["tfjs_backend.cc", "tfjs_binding.cc"].map((name) =>
    join(folders.binding, "binding", name),
  );
  for (const { name, from, link } of [
    { name: processSettingsName, from: [settings], link: [] },
    { name: bindingName, from: sources, link: libraries },
  ]) {
    context.onProgress(`compiling ${name} with ${compiler.description}`);
    const args = [
      ...compiler.args,
      ...["-std=c++17", "-O2", "-fPIC", "-shared", "-w"],
      ...["-DNAPI_VERSION=8", "-DNODE_GYP_MODULE_NAME=tfjs_binding", `-DFRAMEWORK_LIBRARY="${framework}"`],
      ...[folders.binding, folders.nodeHeaders, folders.include].map((folder) => `-I${folder}`),
      ...from,
      ...link.map((library) => join(folders.libraries, library)),
      ...linkerOptions(),
      ...["-o", join(folders.libraries, name)],
    ];
    await runCommand("Compiling the binding", compiler.command, args, {
      ...context.command,
      env: { ...context.command.env, ...compiler.env },
      mend: compiler.command === context.python ? context.mend : `SIGHTBOOK_CXX=zig ${context.mend}`,
    });
  }
  return compiler.description;
}

function linkerOptions(): string[] {
  if (process.platform === "darwin") return ["-undefined", "dynamic_lookup", "-Wl,-rpath,@loader_path"];
  // Never unloaded: TensorFlow's threads outlive the worker thread that loaded it.
  return ["-Wl,-rpath,$ORIGIN", "-Wl,-z,nodelete"];
}

/** The compiler that `SIGHTBOOK_CXX` names, else the system's; none where it says `zig` or there is none. */
async function systemCompiler(): Promise<Compiler | undefined> {
  const named = process.env["SIGHTBOOK_CXX"];
  if (named === "zig") return undefined;
  for (const command of named ? [named] : ["g++", "clang++", "c++"]) {
    const version = await runCommand("Looking for a compiler", command, ["--version"]).catch(
      (error: unknown) => {
        if (named) throw error;
        return undefined;
      },
    );
    if (version !== undefined) {
      return { description: version.split("\n")[0]!.trim(), command, args: [], env: {} };
    }
  }
  return undefined;
}

async function zig(build: string, context: SetupContext): Promise<Compiler> {
  const folder = join(build, "zig");
  await installWheel(zigSource, folder, context);
  const cache = join(build, "zig-cache");
  await mkdir(cache, { recursive: true });
  return {
    description: `${zigSource.name} ${zigSource.version}`,
    command: context.python,
    args: ["-m", "ziglang", "c++"],
    env: { PYTHONPATH: folder, ZIG_GLOBAL_CACHE_DIR: cache, ZIG_LOCAL_CACHE_DIR: cache },
  };
}
