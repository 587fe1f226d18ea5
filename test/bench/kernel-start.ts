/**
 * How long kernels take to start and to answer: `node dist/test/bench/kernel-start.js`. Ours beside tslab (a dependency),
 * ipykernel (in SIGHTBOOK_PYTHON or .venv) and Deno, which npm's package `deno` puts into the cache on the first run.
 * The kernels take turns, so that the machine's load hits all alike. Times are a client's: from the request to reply and idle.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";

import { KernelClient } from "../kernel/client.js";
import { denoFolder, denoVersion, kernelCommands } from "../kernel/rivals.js";

const ROUNDS = 7;
const LATER_CELLS = 30;
/** How long kernels are left alone before they first end. */
const CACHES_MS = 5000;

interface Contestant {
  readonly argv: readonly string[];
  readonly print: string;
  /** Only our own kernel must keep to the specification for its times to count. */
  readonly strict: boolean;
}

/** npm fetches Deno on the first run. */
function fetchDeno(): void {
  const folder = denoFolder();
  if (existsSync(join(folder, "node_modules"))) return;
  mkdirSync(folder, { recursive: true });
  const words = ["install", "--prefix", folder, "--no-save", "--no-audit", "--ignore-scripts"];
  spawnSync("npm", [...words, `deno@${denoVersion}`], {
    stdio: "inherit",
    shell: process.platform === "win32",
  });
}

fetchDeno();
const kernels: Record<string, Contestant> = {};
for (const [name, argv] of Object.entries(kernelCommands())) {
  if (argv === undefined) {
    console.log(`${name}: not there`);
    continue;
  }
  const print =
    name === "ipykernel" ? "print([x * 2 for x in [1, 2]])" : "console.log([1, 2].map((x) => x * 2))";
  kernels[name] = { argv, print, strict: name === "Sightbook" };
}

type Times = Record<string, number[]>;

/** Starts a kernel, runs its first cells and many later ones, and notes the times. */
async function measure(
  { argv, print, strict }: Contestant,
  folder: string,
  times: Times,
  restMs = 0,
): Promise<void> {
  const timed = async <T>(name: string, action: () => Promise<T>): Promise<T> => {
    const since = performance.now();
    const result = await action();
    (times[name] ??= []).push(performance.now() - since);
    return result;
  };
  const kernel = await timed("start", () => KernelClient.start(folder, { argv, strict }));
  await timed("first cell", () => kernel.run("1+1"));
  await timed("first print", () => kernel.run(print));
  for (let cell = 0; cell < LATER_CELLS; cell += 1) {
    await timed("later cell", () => kernel.run(`${cell} + 1`));
  }
  await new Promise((resolve) => setTimeout(resolve, restMs));
  await kernel.stop();
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

console.log(
  `Node ${process.version}, ${cpus().length} x ${cpus()[0]?.model ?? "unknown processor"}, load ${loadavg()[0]!.toFixed(1)}, ` +
    `Deno ${denoVersion}, medians of ${ROUNDS} starts and of ${ROUNDS * LATER_CELLS} later cells`,
);
const folder = mkdtempSync(join(tmpdir(), "sightbook-bench-"));
const results: Record<string, Times> = {};
// Not the very first start on a machine, which reads everything from the disk and fills caches of compiled code.
for (const kernel of Object.values(kernels)) await measure(kernel, folder, {}, CACHES_MS);
for (let round = 0; round < ROUNDS; round += 1) {
  for (const [name, kernel] of Object.entries(kernels)) {
    await measure(kernel, folder, (results[name] ??= {}));
  }
}
rmSync(folder, { recursive: true, force: true });

const table: Record<string, Record<string, string>> = {};
for (const [name, times] of Object.entries(results)) {
  table[name] = {};
  for (const [what, values] of Object.entries(times)) {
    const ratio = median(values) / median(results["Sightbook"]![what]!);
    table[name][what] =
      `${median(values).toFixed(1)} ms${name === "Sightbook" ? "" : ` (${ratio.toFixed(1)} x)`}`;
  }
}
console.table(table);
