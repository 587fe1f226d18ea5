import type { Command } from "commander";

import type { JsonValue } from "../export/index.js";

/** What a command found: printed as text for people, or as one JSON object under `--json`. */
export interface CommandResult {
  readonly json: Readonly<Record<string, JsonValue | undefined>>;
  readonly text: string;
  /** Default 0. */
  readonly exitCode?: number;
  /** What failed when the result was there already: told after it. */
  readonly problem?: Error | undefined;
}

/**
 * Declares what a command does. Every command has `--json`; its result goes to standard output, and whatever it says
 * on the way to standard error.
 */
export function withResult(
  command: Command,
  // Commander passes the declared arguments, then the options: what they are, each action declares for itself.
  action: (...args: never[]) => Promise<CommandResult>,
  finish: (exitCode: number) => void,
): Command {
  return command
    .option("--json", "print one JSON object instead of text")
    .action(async (...args: unknown[]) => {
      const result = await action(...(args as never[]));
      const { json } = command.opts<{ json?: boolean }>();
      process.stdout.write(json === true ? `${JSON.stringify(result.json)}\n` : `${result.text}\n`);
      if (result.problem) throw result.problem;
      finish(result.exitCode ?? 0);
    });
}
