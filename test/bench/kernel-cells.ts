/**
 * How long typical cells take: `node dist/test/bench/kernel-cells.js`. Paths of other builds' `dist/kernel/main.js` as
 * arguments are measured in turn with this one. Times are a client's: from the request to its idle.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";

import { KernelClient } from "../kernel/client.js";
import { repositoryRoot } from "../support.js";

const ROUNDS = 3;

/** A session at work: declarations, arrays, packages with many types, our own library. */
const session = [
  "import { readdirSync } from 'node:fs'; import sharp from 'sharp'",
  "import { ClassificationDataset, LinearSVC, plots } from 'sightbook'",
  "interface Sample { readonly path: string; readonly label: string; readonly width: number }",
  "const samples: Sample[] = Array.from({ length: 20 }, (_, i) => ({ path: `p${i}`, label: i % 3 ? 'a' : 'b', width: i }))",
  "samples.filter(({ label }) => label === 'a').length",
  "function mean(values: readonly number[]) { return values.reduce((sum, value) => sum + value, 0) / values.length }",
  "mean(samples.map(({ width }) => width))",
  "class Counter<K> { readonly counts = new Map<K, number>(); add(key: K) { this.counts.set(key, (this.counts.get(key) ?? 0) + 1); return this } }",
  "const counter = new Counter<string>(); for (const { label } of samples) counter.add(label); counter.counts",
  "const picture = sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } })",
  "const { width, height } = await picture.clone().png().toBuffer({ resolveWithObject: true }).then(({ info }) => info); [width, height]",
  "const svm = new LinearSVC({ C: 1.0, classWeight: 'balanced' })",
  "let learner = svm; typeof learner.fit",
  "type Load = typeof ClassificationDataset.fromDirectory; const load: Load = ClassificationDataset.fromDirectory; typeof load",
  "Object.keys(plots).length",
  "enum Split { Train, Test } const splitOf = (sample: Sample) => (sample.width % 2 ? Split.Train : Split.Test)",
  "const bySplit = new Map(samples.map((sample) => [Split[splitOf(sample)]!, sample])); bySplit.size",
  "await Promise.all(samples.map(async ({ path }) => path.length))",
  "readdirSync('.').map((name) => name.toUpperCase()).length",
  "console.log(samples.at(-1)?.label)",
  "samples",
];
const cells = [...session, ...session.slice(3), ...session.slice(3, 14)];

const percentile = (values: readonly number[], share: number) =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))]!;
const folder = mkdtempSync(join(tmpdir(), "sightbook-bench-"));

async function timed(kernel: KernelClient, code: string): Promise<number> {
  const since = performance.now();
  const { status, reply } = await kernel.run(code);
  if (status !== "ok") throw new Error(`${code}: ${JSON.stringify(reply)}`);
  return performance.now() - since;
}

async function measure(main: string): Promise<Record<string, number>> {
  const argv = [process.execPath, main, "{connection_file}"];
  const first = async (code: string) => {
    const kernel = await KernelClient.start(folder, { argv });
    const time = await timed(kernel, code);
    await kernel.stop();
    return time;
  };
  const kernel = await KernelClient.start(folder, { argv });
  const times: number[] = [];
  for (const code of cells) times.push(await timed(kernel, code));
  await kernel.stop();
  const later = times.slice(2);
  return {
    "first cell, import of a built-in": await first("import { readFileSync } from 'node:fs'"),
    "first cell, console.log": await first("console.log('hello')"),
    "first cell that needs the checker": await first("const f = (x: number) => x * 2; f(21)"),
    [`${later.length} cells, median`]: percentile(later, 0.5),
    [`${later.length} cells, nine of ten under`]: percentile(later, 0.9),
    [`${later.length} cells, longest`]: percentile(later, 1),
  };
}

/** Ten million additions at the top of a cell, as a multiple of the same in a plain script. */
async function loopRatio(main: string): Promise<number> {
  const loop =
    "let sum = 0; const since = performance.now(); for (let i = 0; i < 1e7; i++) sum += i; console.log(performance.now() - since)";
  const kernel = await KernelClient.start(folder, { argv: [process.execPath, main, "{connection_file}"] });
  const ours: number[] = [];
  const plain: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    ours.push(Number((await kernel.run(loop)).stream()));
    plain.push(Number(spawnSync(process.execPath, ["-e", loop], { encoding: "utf8" }).stdout));
  }
  await kernel.stop();
  return percentile(ours, 0.5) / percentile(plain, 0.5);
}

console.log(
  `Node ${process.version}, ${cpus().length} x ${cpus()[0]?.model ?? "unknown processor"}, load ${loadavg()[0]!.toFixed(1)}, ` +
    `ms, median of ${ROUNDS} rounds`,
);
const mains = [join(repositoryRoot, "dist", "kernel", "main.js"), ...process.argv.slice(2)];
const rounds = new Map(mains.map((main) => [main, [] as Record<string, number>[]]));
for (let round = 0; round < ROUNDS; round += 1) {
  for (const main of mains) rounds.get(main)!.push(await measure(main));
}
const table: Record<string, Record<string, number>> = {};
for (const [main, measured] of rounds) {
  for (const name of Object.keys(measured[0]!)) {
    const value = percentile(
      measured.map((times) => times[name]!),
      0.5,
    );
    (table[name] ??= {})[main] = Math.round(value * 10) / 10;
  }
  (table["1e7 additions at the top, as a multiple of plain Node's"] ??= {})[main] =
    Math.round((await loopRatio(main)) * 100) / 100;
}
console.table(table);
rmSync(folder, { recursive: true, force: true });
