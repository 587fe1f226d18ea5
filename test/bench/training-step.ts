/**
 * Training step of ResNet-18 beside PyTorch's: `node dist/test/bench/training-step.js [rounds] [batch size] [image size]`.
 *
 * The contestants take turns, a step each, so that whatever else the machine does falls on all of them; only the
 * ratios of one run mean anything. PyTorch runs where `SIGHTBOOK_BENCH_PYTHON` names a Python that has it.
 */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { repositoryRoot } from "../support.js";

interface Figures {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly residentBytes: number;
  readonly peakBytes: number;
}

/** A program that takes a step for each line it is sent. */
class Contestant {
  readonly steps: Figures[] = [];
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  version = "";

  constructor(
    readonly name: string,
    command: string,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ) {
    this.#child = spawn(command, args, {
      stdio: ["pipe", "pipe", "inherit"],
      env: { ...process.env, ...env },
    });
    this.#lines = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]();
  }

  async start(): Promise<void> {
    this.version = (await this.#read<{ version: string }>()).version;
  }

  async step(): Promise<void> {
    this.#child.stdin!.write("step\n");
    this.steps.push(await this.#read<Figures>());
  }

  end(): void {
    this.#child.stdin!.end();
  }

  async #read<R>(): Promise<R> {
    const line = await this.#lines.next();
    if (line.done) throw new Error(`${this.name} ended.`);
    return JSON.parse(line.value) as R;
  }
}

const [rounds = 6, batchSize = 32, imageSize = 224] = process.argv.slice(2).map(Number);
const warmUp = 2;
const sizes = [batchSize, imageSize].map(String);
const ours = fileURLToPath(new URL("./training-step-ours.js", import.meta.url));
const python = process.env["SIGHTBOOK_BENCH_PYTHON"];
const theirs = join(repositoryRoot, "test", "bench", "training-step.py");
const hasTorch = python !== undefined && spawnSync(python, ["-c", "import torch, torchvision"]).status === 0;

const contestants = [new Contestant("sightbook", process.execPath, [ours, "float32", ...sizes])];
if (hasBfloat16()) {
  contestants.push(new Contestant("sightbook bfloat16", process.execPath, [ours, "bfloat16", ...sizes]));
}
if (hasTorch) {
  contestants.push(new Contestant("PyTorch default", python, [theirs, "default", ...sizes]));
  contestants.push(new Contestant("PyTorch channels_last", python, [theirs, "channels_last", ...sizes]));
}
for (const contestant of contestants) await contestant.start();
for (let round = 0; round < warmUp + rounds; round++) {
  for (const contestant of contestants) await contestant.step();
}
for (const contestant of contestants) contestant.end();

console.log(`ResNet-18 training step, batch ${batchSize}, ${imageSize} px, ${rounds} rounds in turn`);
console.log(
  `${cpus()[0]?.model.trim() ?? "unknown processor"}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GB, ` +
    `Node ${process.versions.node}, ${contestants.map(({ version }) => version).join(", ")}`,
);
console.table(
  contestants.map(({ name, steps }) => {
    const counted = steps.slice(warmUp);
    const perSecond = (select: (figures: Figures) => number): number =>
      Number((batchSize / median(counted.map(select))).toFixed(1));
    return {
      name,
      "images/s": perSecond(({ seconds }) => seconds),
      "images/core-s": perSecond(({ cpuSeconds }) => cpuSeconds),
      "resident GB": Number((median(counted.map((figures) => figures.residentBytes)) / 1e9).toFixed(2)),
      "peak GB": Number((counted.at(-1)!.peakBytes / 1e9).toFixed(2)),
      "sightbook / it": ratio(counted),
    };
  }),
);
if (!hasTorch) console.log("PyTorch: absent (name a Python that has it with SIGHTBOOK_BENCH_PYTHON)");

/** Whether the processor computes in bfloat16; elsewhere it is emulated, many times slower. */
function hasBfloat16(): boolean {
  try {
    return /avx512_bf16|amx_bf16/.test(readFileSync("/proc/cpuinfo", "utf8"));
  } catch {
    return false;
  }
}

/** How many times as fast as the contestant we are: the median over the rounds. */
function ratio(theirSteps: readonly Figures[]): number {
  const ourSteps = contestants[0]!.steps.slice(warmUp);
  return Number(median(theirSteps.map(({ seconds }, i) => seconds / ourSteps[i]!.seconds)).toFixed(2));
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[Math.floor((sorted.length - 1) / 2)]! + sorted[Math.ceil((sorted.length - 1) / 2)]!) / 2;
}
