import { spawn } from "node:child_process";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

import { CancelledError, EnvironmentError } from "./errors.js";

export interface CommandOptions {
  readonly cwd?: string;
  /** Added to the environment of this process. */
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** Written to its standard input, which is empty otherwise. */
  readonly input?: string;
  /** Called with each line that the command prints, standard output and error alike. */
  readonly onLine?: (line: string) => void;
  /** The command that a person can run to try this step again; the error ends with it. */
  readonly mend?: string;
}

/**
 * Runs another program to its end and gives what it wrote to standard output.
 *
 * @param step - What is being done, for the error: `"Installing JupyterLab"`.
 * @throws {@link EnvironmentError} when the program is missing or exits non-zero; the message carries its last lines.
 * @throws {@link CancelledError} when the signal aborts; the program is ended first.
 */
export async function runCommand(
  step: string,
  command: string,
  args: readonly string[],
  { cwd, env, signal, input, onLine, mend }: CommandOptions = {},
): Promise<string> {
  const wayOut = mend ? ` To try again: ${mend}` : "";
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(new CancelledError(`${step}: cancelled.`));
      return;
    }
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ["pipe", "pipe", "pipe"],
    });
    // A program that ends without reading has its reasons, which it tells elsewhere.
    child.stdin.on("error", () => undefined).end(input);
    const cancel = (): void => {
      child.kill("SIGTERM");
    };
    signal?.addEventListener("abort", cancel, { once: true });

    let output = "";
    let lastLines: string[] = [];
    const watch = (stream: NodeJS.ReadableStream, keep: boolean): void => {
      let rest = "";
      stream.setEncoding("utf8");
      stream.on("data", (text: string) => {
        if (keep) output += text;
        const lines = (rest + text).split(/\r?\n|\r/);
        rest = lines.pop() ?? "";
        take(lines);
      });
      stream.on("end", () => {
        if (rest) take([rest]);
      });
    };
    const take = (lines: readonly string[]): void => {
      for (const line of lines) {
        if (!line.trim()) continue;
        lastLines = [...lastLines.slice(-11), line];
        onLine?.(line);
      }
    };
    watch(child.stdout, true);
    watch(child.stderr, false);

    child.on("error", (error) => {
      signal?.removeEventListener("abort", cancel);
      reject(
        new EnvironmentError(`${step} failed: ${command} could not be started (${error.message}).${wayOut}`),
      );
    });
    child.on("close", (code, endSignal) => {
      signal?.removeEventListener("abort", cancel);
      if (signal?.aborted) reject(new CancelledError(`${step}: cancelled.`));
      else if (code === 0) resolve(output);
      else {
        const how = code === null ? `was ended by ${String(endSignal)}` : `ended with exit code ${code}`;
        reject(
          new EnvironmentError(`${step} failed: ${command} ${how}.${wayOut}\n  ${lastLines.join("\n  ")}`),
        );
      }
    });
  });
}

export interface PipOptions extends Omit<CommandOptions, "cwd"> {
  /** Where pip keeps what it downloads until it is complete. */
  readonly folder: string;
  /** Called with the bytes that are in the folder so far, a few times a second: pip itself is silent outside a terminal. */
  readonly onBytes?: (bytes: number) => void;
}

/**
 * Runs pip without asking, caching or chatting.
 *
 * @param step - What is being done, for the error: `"Downloading numpy"`.
 * @param args - From pip's command on.
 * @throws {@link EnvironmentError} and {@link CancelledError} as {@link runCommand}.
 */
export async function runPip(
  step: string,
  python: string,
  args: readonly string[],
  { folder, onBytes, ...options }: PipOptions,
): Promise<void> {
  const watch = setInterval(() => {
    if (onBytes !== undefined) void folderSize(folder).then(onBytes);
  }, 250);
  const common = ["-m", "pip", "--disable-pip-version-check", "--no-cache-dir", "--quiet", "--no-input"];
  try {
    await runCommand(step, python, [...common, ...args], {
      ...options,
      env: { ...options.env, TMPDIR: folder },
    });
  } finally {
    clearInterval(watch);
  }
}

/** Bytes below a folder; what vanishes meanwhile counts nothing. */
async function folderSize(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
  const sizes = entries
    .filter((entry) => entry.isFile())
    .map((entry) =>
      stat(join(entry.parentPath, entry.name)).then(
        ({ size }) => size,
        () => 0,
      ),
    );
  return (await Promise.all(sizes)).reduce((total, size) => total + size, 0);
}

/**
 * The Python 3.10 or newer that set-up uses: `SIGHTBOOK_PYTHON` if set, else `python3`, else `python`.
 *
 * @throws {@link EnvironmentError} when none of them is there and new enough.
 */
export async function findPython(): Promise<string> {
  const named = process.env["SIGHTBOOK_PYTHON"];
  const tried: string[] = [];
  for (const candidate of named ? [named] : ["python3", "python"]) {
    const version = await runCommand("Looking for Python", candidate, [
      "-c",
      "import sys; print('%d.%d' % sys.version_info[:2])",
    ]).catch(() => undefined);
    const [major = 0, minor = 0] = (version ?? "").trim().split(".").map(Number);
    if (major === 3 && minor >= 10) return candidate;
    tried.push(version === undefined ? `${candidate} (not found)` : `${candidate} (${version.trim()})`);
  }
  throw new EnvironmentError(
    `Set-up needs Python 3.10 or newer, found ${tried.join(", ")}. Install it, or name one with SIGHTBOOK_PYTHON.`,
  );
}
