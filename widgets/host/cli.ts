import process from "node:process";
import { parseArgs } from "node:util";

import { PLACE_USAGE, placeOf, placeOptions, runCommandLine, UsageError } from "../../kernel/command-line.js";
import { installedLabextension, installLabextension, removeLabextension } from "./labextension.js";

const USAGE = `Usage: sightbook widgets [options] <command>

Make the widgets known to JupyterLab and Notebook, list them, or remove them. No Python is needed.

Commands:
  install                install the widgets; reload the page of JupyterLab afterwards
  list                   show where they are installed, and which version
  remove                 remove them without a trace

Options:
${PLACE_USAGE}`;

/** `sightbook widgets ...`: installs, lists and removes the labextension. */
function main(args: string[]): void {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options: placeOptions });
  const [action, ...rest] = positionals;
  if (values.help) {
    process.stdout.write(USAGE);
    return;
  }
  if (rest.length > 0) throw new UsageError(`unexpected argument ${rest.join(" ")}`);
  const place = placeOf(values);
  const print = (json: object, text: string): void => {
    process.stdout.write(`${values.json ? JSON.stringify(json) : text}\n`);
  };
  switch (action) {
    case "install": {
      const folder = installLabextension(place);
      print({ installed: folder }, `Installed in ${folder}.`);
      break;
    }
    case "list": {
      const installed = installedLabextension(place);
      print(
        { widgets: installed ?? null },
        installed === undefined ? "None is installed there." : `${installed.version}: ${installed.folder}`,
      );
      break;
    }
    case "remove": {
      const removed = removeLabextension(place);
      print({ removed: removed ?? null }, removed === undefined ? "There was none." : `Removed ${removed}.`);
      break;
    }
    default:
      throw new UsageError(action === undefined ? "a command is missing" : `${action} is not a command`);
  }
}

runCommandLine("sightbook widgets", main);
