import process from "node:process";
import { parseArgs } from "node:util";

import { installKernelspec, listKernelspecs, removeKernelspec } from "./install.js";

const USAGE = `Usage: sightbook kernel <install|list|remove> [options]

  install        make the kernel known to Jupyter; no Python is needed for it
  list           show the installed kernels of this package
  remove         remove it again, without a trace

  --user         for the current user (the default)
  --prefix DIR   below DIR/share/jupyter, such as a Python environment's folder
  --sys-prefix   the Python environment that is active (VIRTUAL_ENV or CONDA_PREFIX)
  --name NAME    kernelspec name, default sightbook
  --display-name TEXT
  --env NAME=VALUE   environment variable for the kernel; may be repeated
  --json         one JSON object on standard output
`;

/** A wrong command line, with the sentence that says so. */
class UsageError extends Error {
  override readonly name = "UsageError";
}

/** `sightbook kernel ...`: installs, lists and removes the kernelspec. Exit codes: 0 done, 1 failed, 2 wrong usage. */
function main(args: readonly string[]): void {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      user: { type: "boolean", default: false },
      prefix: { type: "string" },
      "sys-prefix": { type: "boolean", default: false },
      name: { type: "string" },
      "display-name": { type: "string" },
      env: { type: "string", multiple: true },
      json: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const [action, ...rest] = positionals;
  if (values.help) {
    process.stdout.write(USAGE);
    return;
  }
  if (rest.length > 0) throw new UsageError(`unexpected argument ${rest.join(" ")}`);
  const prefix = values["sys-prefix"] ? activeEnvironment() : values.prefix;
  const options = {
    ...(prefix === undefined ? {} : { prefix }),
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
      const removed = removeKernelspec(options);
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

function activeEnvironment(): string {
  const folder = process.env["VIRTUAL_ENV"] ?? process.env["CONDA_PREFIX"];
  if (folder === undefined) {
    throw new UsageError(
      "--sys-prefix needs an active Python environment (VIRTUAL_ENV or CONDA_PREFIX); or use --prefix",
    );
  }
  return folder;
}

try {
  main(process.argv.slice(2));
} catch (error) {
  const { message, code } = error as { message: string; code?: unknown };
  const usage =
    error instanceof UsageError || (typeof code === "string" && code.startsWith("ERR_PARSE_ARGS"));
  process.stderr.write(`error: ${message}\n${usage ? `\n${USAGE}` : ""}`);
  process.exitCode = usage ? 2 : 1;
}
