import process from "node:process";
import { parseArgs } from "node:util";

/** A wrong command line, with the sentence that says so. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Options of every command that installs something for Jupyter, as `parseArgs` takes them. */
export const placeOptions = {
  user: { type: "boolean", default: false },
  prefix: { type: "string" },
  "sys-prefix": { type: "boolean", default: false },
  json: { type: "boolean", default: false },
  help: { type: "boolean", short: "h", default: false },
} as const;

/** The same in words. */
export const PLACE_USAGE = `  --user                 for the current user (default)
  --prefix <dir>         below <dir>/share/jupyter, such as a Python environment's folder
  --sys-prefix           for the Python environment that is active (VIRTUAL_ENV or CONDA_PREFIX)
  --json                 print one JSON object instead of text
  -h, --help             display help for command
`;

type PlaceValues = ReturnType<typeof parseArgs<{ options: typeof placeOptions }>>["values"];

/** The prefix that the options name; an empty object stands for the current user's own folder. */
export function placeOf(values: PlaceValues): { readonly prefix?: string } {
  if ([values.user, values.prefix !== undefined, values["sys-prefix"]].filter(Boolean).length > 1) {
    throw new UsageError("--user, --prefix and --sys-prefix exclude each other");
  }
  if (!values["sys-prefix"]) return values.prefix === undefined ? {} : { prefix: values.prefix };
  const prefix = process.env["VIRTUAL_ENV"] || process.env["CONDA_PREFIX"];
  if (!prefix) {
    throw new UsageError(
      "--sys-prefix needs an active Python environment (VIRTUAL_ENV or CONDA_PREFIX); or use --prefix",
    );
  }
  return { prefix };
}

/** Runs the command called `name` with the process's arguments. Exit codes: 0 done, 1 failed, 2 wrong usage. */
export function runCommandLine(name: string, main: (args: string[]) => void): void {
  try {
    main(process.argv.slice(2));
  } catch (error) {
    const { message, code } = error as { message: string; code?: unknown };
    const wrong =
      error instanceof UsageError || (typeof code === "string" && code.startsWith("ERR_PARSE_ARGS"));
    process.stderr.write(`error: ${message}\n${wrong ? `See ${name} --help.\n` : ""}`);
    process.exitCode = wrong ? 2 : 1;
  }
}
