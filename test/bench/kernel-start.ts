/**
 * How long kernels take to start and to answer: `node dist/test/bench/kernel-start.js`. Ours beside those that are there:
 * tslab (a dependency), ipykernel (in SIGHTBOOK_PYTHON or .venv) and Deno (`deno` on the path, as `npm install -g deno` puts it).
 * Times are a client's: from the request to its idle.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";

import { repositoryRoot } from "../support.js";
import { KernelClient } from "../kernel/client.js";

const python = process.env["SIGHTBOOK_PYTHON"] ?? join(repositoryRoot, ".venv", "bin", "python");
const kernels: Readonly<Record<string, { readonly argv: readonly string[]; readonly print: string }>> = {
  Sightbook: {
    argv: [process.execPath, join(repositoryRoot, "dist", "kernel", "main.js"), "{connection_file}"],
    print: "console.log([1, 2].map((x) => x * 2))",
  },
  tslab: {
    argv: [
      process.execPath,
      join(repositoryRoot, "node_modules", "tslab", "bin", "tslab"),
      "kernel",
      "--config-path={connection_file}",
    ],
    print: "console.log([1, 2].map((x) => x * 2))",
  },
  ipykernel: {
    argv: [python, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
    print: "print([x * 2 for x in [1, 2]])",
  },
  Deno: {
    argv: ["deno", "jupyter", "--kernel", "--conn", "{connection_file}"],
    print: "console.log([1, 2].map((x) => x * 2))",
  },
};

const ROUNDS = 3;
const REPEATS = 20;
const median = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
const folder = mkdtempSync(join(tmpdir(), "sightbook-bench-"));

async function measure(argv: readonly string[], print: string): Promise<Record<string, number>> {
  const rounds: Record<string, number[]> = {};
  for (let round = 0; round < ROUNDS; round += 1) {
    const note = (name: string, since: number) => (rounds[name] ??= []).push(performance.now() - since);
    let since = performance.now();
    const kernel = await KernelClient.start(folder, { argv });
    note("start ms", since);
    for (const name of ["first 1+1 ms", "second 1+1 ms"]) {
      since = performance.now();
      await kernel.run("1+1");
      note(name, since);
    }
    since = performance.now();
    await kernel.run(print);
    note("first print ms", since);
    const times: number[] = [];
    for (let repeat = 0; repeat < REPEATS; repeat += 1) {
      since = performance.now();
      await kernel.run(`${repeat} + 1`);
      times.push(performance.now() - since);
    }
    (rounds["later 1+1 ms"] ??= []).push(median(times));
    await kernel.stop();
  }
  return Object.fromEntries(
    Object.entries(rounds).map(([name, values]) => [name, Math.round(median(values) * 10) / 10]),
  );
}

console.log(
  `Node ${process.version}, ${cpus().length} x ${cpus()[0]?.model ?? "unknown processor"}, load ${loadavg()[0]!.toFixed(1)}, ` +
    `median of ${ROUNDS} starts`,
);
const table: Record<string, Record<string, number>> = {};
for (const [name, { argv, print }] of Object.entries(kernels)) {
  const [program = "", script] = argv;
  const there =
    name === "ipykernel"
      ? existsSync(program) && spawnSync(program, ["-c", "import ipykernel"]).status === 0
      : name === "Deno"
        ? spawnSync(program, ["--version"]).status === 0
        : existsSync(script ?? "");
  if (there) table[name] = await measure(argv, print);
  else console.log(`${name}: not there`);
}
console.table(table);
rmSync(folder, { recursive: true, force: true });
