import { spawn, type ChildProcess } from "node:child_process";
import { join } from "node:path";

import { repositoryRoot } from "../support.js";

export interface CliRun {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** What `--json` printed. */
  json(): unknown;
}

/** Runs the command line in a process of its own. */
export function runCli(
  args: readonly string[],
  { env, onStart }: { env?: Record<string, string>; onStart?: (child: ChildProcess) => void } = {},
): Promise<CliRun> {
  const script = join(repositoryRoot, "dist", "src", "cli", "main.js");
  const child = spawn(process.execPath, [script, ...args], { env: { ...process.env, ...env } });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  onStart?.(child);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (exitCode) => {
      resolve({ exitCode, stdout, stderr, json: () => JSON.parse(stdout) as unknown });
    });
  });
}
