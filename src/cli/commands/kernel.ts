import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

import { Command } from "commander";

/**
 * `sightbook kernel install|list|remove`: the kernel's own command, in a process of its own, since the library knows nothing
 * of the kernel.
 */
export function kernelCommand(finish: (exitCode: number) => void): Command {
  return new Command("kernel")
    .description(
      "Install, list or remove the Jupyter kernel: sightbook kernel install [--user | --prefix <dir>].",
    )
    .argument("[words...]", "install, list or remove, and their options")
    .helpOption(false)
    .allowUnknownOption()
    .passThroughOptions()
    .action(async (words: readonly string[]) => {
      const script = fileURLToPath(new URL("../../../kernel/cli.js", import.meta.url));
      const child = spawn(process.execPath, [script, ...words], { stdio: "inherit" });
      finish(
        await new Promise<number>((resolve, reject) => {
          child.on("error", reject);
          child.on("close", (code) => {
            resolve(code ?? 1);
          });
        }),
      );
    });
}
