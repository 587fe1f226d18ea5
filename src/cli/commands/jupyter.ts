import { spawn, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

import { Command } from "commander";

type Finish = (exitCode: number) => void;

/** `sightbook kernel install|list|remove`: the kernel's own command. */
export function kernelCommand(finish: Finish): Command {
  return ownCommand("kernel", "the Jupyter kernel", "../../../kernel/cli.js", finish);
}

/** `sightbook widgets install|list|remove`: the widgets' own command. */
export function widgetsCommand(finish: Finish): Command {
  return ownCommand("widgets", "the widgets in JupyterLab", "../../../widgets/host/cli.js", finish);
}

/** A command that runs in a process of its own, since the library knows nothing of the kernel and the widgets. */
function ownCommand(name: string, what: string, script: string, finish: Finish): Command {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const command = new Command(name)
    .description(`Install, list or remove ${what}: sightbook ${name} install [--user | --prefix <dir>].`)
    .argument("[words...]", "install, list or remove, and their options")
    .allowUnknownOption()
    .passThroughOptions()
    .action(async (words: readonly string[]) => {
      const child = spawn(process.execPath, [path, ...words], { stdio: "inherit" });
      finish(
        await new Promise<number>((resolve, reject) => {
          child.on("error", reject);
          child.on("close", (code) => {
            resolve(code ?? 1);
          });
        }),
      );
    });
  command.helpInformation = () => spawnSync(process.execPath, [path, "--help"], { encoding: "utf8" }).stdout;
  return command;
}
