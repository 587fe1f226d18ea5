/**
 * How a scoring server runs as a process of its own, for whoever supervises one: a deployment, a container, systemd.
 *
 * Start: `sightbook serve <bundle> [options]`; what can be set is in `sightbook serve --help`. The ones that matter here:
 *
 * - `--host` (default 127.0.0.1), `--port` (0 takes a free one), `--name` (the model's name, by default the bundle's),
 *   `--model-version` (by default twelve digits of the bundle's hash), `--workers` and `--threads`;
 * - `--metrics-port` and `--metrics-host`: Prometheus metrics; no port, no metrics;
 * - `--control <path>`: a Unix socket (mode 0600; on Windows a named pipe) for {@link ServerControl}: status, switch to
 *   another bundle and back, scale, drain. It is the only way to manage a server: nothing of it is on the scoring port.
 *
 * Keys never appear in the arguments. The server knows only their SHA-256 digests, 64 hexadecimal digits each, one or two
 * of them (primary and secondary): from the environment variable `SIGHTBOOK_KEY_DIGESTS`, separated by a comma, or from
 * the file `--keys-file`, one a line. {@link newKey} makes a key and its digest. A server that listens beyond the loopback
 * interface without any key must be told so by `--no-key`.
 *
 * Ready: one line of JSON on standard output, {@link ReadyLine}, once requests are answered; nothing else is written there.
 * From then on `GET /healthz` answers 200 as long as the process serves, and `GET /readyz` 200 as long as it can score
 * (503 while it drains, or has no inference process). Neither asks for a key. Log lines, JSON, go to standard error.
 *
 * Signals: SIGTERM and SIGINT drain: `/readyz` turns 503, new connections are accepted for `--drain-delay` milliseconds,
 * so that a balancer has time to notice, every accepted request is answered, then the process ends. A second signal ends
 * it at once. SIGHUP reads the bundle's path again and switches to what lies there now, and takes the keys of `--keys-file`
 * as they are now.
 *
 * Exit codes: 0 drained; 1 could not start, or could not answer everything within `--drain-timeout`; 2 wrong usage.
 * When the process is killed, its inference processes end by themselves.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { EnvironmentError } from "../errors.js";

/** What the process says once, when it answers requests. */
export interface ReadyLine {
  readonly event: "ready";
  readonly pid: number;
  /** Such as `"http://127.0.0.1:5001"`. */
  readonly url: string;
  readonly metricsUrl?: string;
  /** Path of the control socket. */
  readonly control?: string;
  readonly model: string;
  readonly version: string;
}

export interface ScoringProcessOptions {
  /** Options of `sightbook serve` as they are typed, such as `["--port", "0", "--workers", "2"]`. */
  readonly args?: readonly string[];
  /** Further environment variables, such as `SIGHTBOOK_KEY_DIGESTS`. */
  readonly env?: Readonly<Record<string, string>>;
  /** Keep running when this process ends. Standard error then needs a file descriptor. Default false. */
  readonly detached?: boolean;
  /** Where the log goes: `"inherit"`, `"ignore"` or a file descriptor. Default `"ignore"`. */
  readonly log?: "inherit" | "ignore" | number;
  /** How long to wait for the ready line. Default 60 s. */
  readonly readyTimeoutMs?: number;
}

/** A running `sightbook serve`. */
export interface ScoringProcess extends ReadyLine {
  readonly child: ChildProcess;
  /** The exit code; `null` when a signal ended it. */
  readonly exited: Promise<number | null>;
  /** Asks it to drain and waits; the exit code. */
  stop(): Promise<number | null>;
}

/**
 * Starts `sightbook serve` and waits until it is ready.
 *
 * @throws {@link EnvironmentError} with the process's own words when it ends or says nothing in time.
 */
export async function spawnScoringProcess(
  bundle: string,
  options: ScoringProcessOptions = {},
): Promise<ScoringProcess> {
  const { args = [], env = {}, detached = false, log = "ignore", readyTimeoutMs = 60_000 } = options;
  const script = fileURLToPath(new URL("../cli/main.js", import.meta.url));
  const child = spawn(process.execPath, [script, "serve", bundle, ...args], {
    env: { ...process.env, ...env },
    detached,
    stdio: ["ignore", "pipe", log === "ignore" ? "pipe" : log],
  });
  const exited = new Promise<number | null>((resolve) => {
    child.once("close", resolve);
  });
  let lastWords = "";
  child.stderr
    ?.setEncoding("utf8")
    .on("data", (text: string) => (lastWords = (lastWords + text).slice(-2000)));
  const ready = await readyLine(child, exited, readyTimeoutMs, () => lastWords);
  if (detached) {
    child.unref();
    child.stdout?.destroy();
    child.stderr?.destroy();
  }
  const stop = (): Promise<number | null> => {
    child.kill("SIGTERM");
    return exited;
  };
  return { ...ready, child, exited, stop };
}

async function readyLine(
  child: ChildProcess,
  exited: Promise<number | null>,
  timeoutMs: number,
  lastWords: () => string,
): Promise<ReadyLine> {
  const failed = (what: string): EnvironmentError =>
    new EnvironmentError(`sightbook serve ${what}: ${lastWords().trim() || "it said nothing"}`);
  let timer: NodeJS.Timeout | undefined;
  const lines = createInterface({ input: child.stdout! });
  try {
    return await new Promise<ReadyLine>((resolve, reject) => {
      timer = setTimeout(() => {
        child.kill("SIGKILL");
        reject(failed(`was not ready within ${timeoutMs} ms`));
      }, timeoutMs);
      child.once("error", reject);
      void exited.then((code) => {
        reject(failed(`ended with code ${code ?? "none"}`));
      });
      lines.on("line", (line) => {
        if (line.startsWith('{"event":"ready"')) resolve(JSON.parse(line) as ReadyLine);
      });
    });
  } finally {
    clearTimeout(timer);
    lines.close();
  }
}
