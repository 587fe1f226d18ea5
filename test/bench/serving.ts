/**
 * The scoring server beside FastAPI with onnxruntime, the same ONNX file and photos, in one run:
 * `node dist/test/bench/serving.js [base model] [rounds] [seconds] [widths of the photos]`.
 *
 * FastAPI runs where `SIGHTBOOK_BENCH_PYTHON` names a Python with fastapi, uvicorn[standard], onnxruntime, pillow and numpy, in
 * two settings, of which the better one counts: one process whose runtime uses all cores, and a process for each core. Neither
 * side writes a log of requests. The contestants take turns, so that whatever else the machine does falls on all of them; the
 * load generator runs on the same cores, and takes the same share from all.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { createServer, type AddressInfo } from "node:net";
import { availableParallelism, cpus } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";

import sharp from "sharp";

import { ImageClassifier } from "../../src/classifiers/index.js";
import type { LoadTestReport } from "../../src/loadtest/index.js";
import type { BaseModelName } from "../../src/networks/index.js";
import { spawnScoringProcess } from "../../src/serving/index.js";
import { repositoryRoot } from "../support.js";

const [baseModel = "EfficientNetLite0", rounds = "3", seconds = "8", widths = "640,1600,4000"] =
  process.argv.slice(2);
const samplePhoto = join(repositoryRoot, "notebooks/sample_data/tableware/bowl/bowl-01.jpg");
const connections = 16;
const cores = availableParallelism();
const python = process.env["SIGHTBOOK_BENCH_PYTHON"];

interface Contestant {
  readonly name: string;
  readonly url: string;
  stop(): void;
}

/** What one contestant did with one photo, a figure for each round. */
interface Figures {
  readonly rates: number[];
  readonly p99s: number[];
}

async function main(): Promise<void> {
  const folder = await writeModel();
  const contestants = [await startOurs(folder)];
  if (python === undefined) console.log("SIGHTBOOK_BENCH_PYTHON is not set: Sightbook alone.");
  else {
    contestants.push(await startPython(folder, 1, cores));
    contestants.push(await startPython(folder, cores, 1));
  }
  console.log(`${cpus()[0]!.model}, ${cores} cores; ${baseModel} at 224 px, ${connections} connections`);
  try {
    for (const width of widths.split(",").map(Number)) await measure(contestants, folder, width);
  } finally {
    for (const contestant of contestants) contestant.stop();
  }
}

async function measure(contestants: readonly Contestant[], folder: string, width: number): Promise<void> {
  const height = (width * 3) / 4;
  const photo = join(folder, `photo-${width}.jpg`);
  await sharp(samplePhoto).resize(width, height).jpeg({ quality: 85 }).toFile(photo);
  const figures = contestants.map((): Figures => ({ rates: [], p99s: [] }));
  for (const { url } of contestants) await load(url, photo, { seconds: 2 });
  for (let round = 0; round < Number(rounds); round++) {
    for (const [index, { url }] of contestants.entries()) {
      figures[index]!.rates.push((await load(url, photo, { seconds: Number(seconds) })).rate);
    }
  }
  const theirs = Math.max(...figures.slice(1).map(({ rates }) => median(rates)), 0);
  // Equal for all: what the better Python setting holds with some to spare.
  const equalRate = Math.max(1, Math.round(0.6 * (theirs || median(figures[0]!.rates))));
  for (let round = 0; round < Number(rounds); round++) {
    for (const [index, { url }] of contestants.entries()) {
      figures[index]!.p99s.push((await load(url, photo, { seconds: Number(seconds), rate: equalRate })).p99);
    }
  }
  console.log(`photos of ${width} x ${height}`);
  report(contestants, figures, equalRate);
}

function report(contestants: readonly Contestant[], figures: readonly Figures[], equalRate: number): void {
  for (const [index, { rates, p99s }] of figures.entries()) {
    console.log(
      `  ${contestants[index]!.name}: ${median(rates).toFixed(1)} requests/s (${rates.map((rate) => rate.toFixed(0)).join(", ")}), ` +
        `p99 at ${equalRate} requests/s ${median(p99s).toFixed(0)} ms (${p99s.map((ms) => ms.toFixed(0)).join(", ")})`,
    );
  }
  const [ours, ...theirs] = figures;
  if (theirs.length === 0) return;
  const rate = median(ours!.rates) / Math.max(...theirs.map(({ rates }) => median(rates)));
  const p99 = Math.min(...theirs.map(({ p99s }) => median(p99s))) / median(ours!.p99s);
  console.log(
    `  beside the better Python setting: ${rate.toFixed(2)} times the requests/s, p99 ${p99.toFixed(2)} times shorter`,
  );
}

/** A bundle with random weights: they make no difference to speed. */
async function writeModel(): Promise<string> {
  const options = {
    labels: ["bowl", "cup", "cutlery", "plate"],
    baseModel: baseModel as BaseModelName,
    weights: "none",
  } as const;
  const state = await new ImageClassifier(options).loadWeights();
  const folder = join(repositoryRoot, "dist", "bench-bundle");
  await ImageClassifier.fromState(options, { ...state, trained: true }).save(folder);
  return folder;
}

async function startOurs(folder: string): Promise<Contestant> {
  const server = await spawnScoringProcess(folder, {
    args: ["--port", "0", "--log-level", "error"],
    log: "ignore",
  });
  return {
    name: "Sightbook",
    url: `${server.url}/v1/predict`,
    stop: () => void server.stop(),
  };
}

async function startPython(folder: string, processes: number, threads: number): Promise<Contestant> {
  const port = await freePort();
  const script = join(repositoryRoot, "test", "bench", "serving.py");
  const args = [script, join(folder, "model.onnx"), String(port), String(processes), String(threads)];
  const child: ChildProcess = spawn(python!, args, { stdio: ["ignore", "inherit", "inherit"] });
  const url = `http://127.0.0.1:${port}/v1/predict`;
  for (;;) {
    if (child.exitCode !== null) throw new Error(`FastAPI ended with code ${child.exitCode}.`);
    const answered = await fetch(url).then(
      () => true,
      () => false,
    );
    if (answered) break;
    await delay(100);
  }
  return {
    name: `FastAPI, ${processes} process${processes === 1 ? "" : "es"} of ${threads} thread${threads === 1 ? "" : "s"}`,
    url,
    stop: () => void child.kill("SIGTERM"),
  };
}

/** Loads a service from a process of its own: as fast as it answers, or with requests that are due at a rate. */
async function load(
  url: string,
  image: string,
  { seconds, rate }: { readonly seconds: number; readonly rate?: number },
): Promise<{ rate: number; p99: number }> {
  const script = join(repositoryRoot, "dist", "src", "cli", "main.js");
  const how = rate === undefined ? ["--connections", String(connections)] : ["--rate", String(rate)];
  const args = [script, "loadtest", url, "--image", image, "--duration", `${seconds}s`, "--json", ...how];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "ignore"] });
  let text = "";
  for await (const piece of child.stdout.setEncoding("utf8")) text += piece as string;
  const [step] = (JSON.parse(text) as Pick<LoadTestReport, "steps">).steps;
  if (step!.errors.length > 0) throw new Error(`${url}: ${JSON.stringify(step!.errors)}`);
  return { rate: step!.throughput, p99: step!.latency.p99 };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}

void main();
