import process from "node:process";
import { parseArgs } from "node:util";

import { PLACE_USAGE, placeOf, placeOptions, runCommandLine, UsageError } from "./command-line.js";
import {
  DISPLAY_NAME,
  KERNEL_NAME,
  installKernelspec,
  listKernelspecs,
  removeKernelspec,
} from "./install.js";

const USAGE = `Usage: sightbook kernel [options] <command>

Make the TypeScript kernel known to Jupyter, list it, or remove it. No Python is needed.

Commands:
  install                install the kernel, replacing an earlier one of the same name
  list                   show the kernels of this package that are installed
  remove                 remove the kernel without a trace

Options:
  --name <name>          name by which notebooks refer to the kernel (default: ${KERNEL_NAME})
  --display-name <text>  name that menus show (default: ${DISPLAY_NAME})
  --env <NAME=VALUE>     environment variable that the kernel gets; may be repeated
  --keep-history         leave the history of cells when the user's last kernel is removed
${PLACE_USAGE}`;

/** `sightbook kernel ...`: installs, lists and removes the kernelspec. */
function main(args: string[]): void {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      ...placeOptions,
      name: { type: "string" },
      "display-name": { type: "string" },
      env: { type: "string", multiple: true },
      "keep-history": { type: "boolean", default: false },
    },
  });
  const [action, ...rest] = positionals;
  if (values.help) {
    process.stdout.write(USAGE);
    return;
  }
  if (rest.length > 0) throw new UsageError(`unexpected argument ${rest.join(" ")}`);
  const options = {
    ...placeOf(values),
    ...(values.name === undefined ? {} : { name: values.name }),
  };
  const print = (json: object, text: string) => {
    process.stdout.write(`${values.json ? JSON.stringify(json) : text}\n`);
  };
  switch (action) {
    case "install": {
      const displayName = values["display-name"];
      const folder = installKernelspec({
        ...options,
        ...(displayName === undefined ? {} : { displayName }),
        env: Object.fromEntries((values.env ?? []).map(assignment)),
      });
      print({ installed: folder }, `Installed in ${folder}.`);
      break;
    }
    case "list": {
      const kernels = listKernelspecs(options);
      const lines = kernels.map(({ displayName, folder }) => `${displayName}: ${folder}`);
      print({ kernels }, lines.length === 0 ? "None is installed there." : lines.join("\n"));
      break;
    }
    case "remove": {
      const removed = removeKernelspec({ ...options, keepHistory: values["keep-history"] });
      print({ removed: removed ?? null }, removed === undefined ? "There was none." : `Removed ${removed}.`);
      break;
    }
    default:
      throw new UsageError(action === undefined ? "a command is missing" : `${action} is not a command`);
  }
}

function assignment(text: string): [string, string] {
  const at = text.indexOf("=");
  if (at <= 0) throw new UsageError(`--env must be NAME=VALUE, got ${text}`);
  return [text.slice(0, at), text.slice(at + 1)];
}

runCommandLine("sightbook kernel", main);
