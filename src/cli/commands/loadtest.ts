import { Command, Option } from "commander";
import { readFile } from "node:fs/promises";

import { ArgumentError, FileError } from "../../errors.js";
import { toJson } from "../../export/index.js";
import { systemReason } from "../../files.js";
import {
  loadTest,
  type LimitOptions,
  type LoadStep,
  type LoadTestReport,
  type ScoringContract,
} from "../../loadtest/index.js";
import { withResult, type CommandResult } from "../command.js";
import { imageFiles } from "../image-files.js";
import { StatusLine } from "../status-line.js";
import { countList, duration, numberList, positive, rate, reportFile, wholeNumber } from "../values.js";

interface LoadtestOptions {
  readonly image: readonly string[];
  readonly contract?: ScoringContract;
  readonly keyFile?: string;
  readonly connections?: readonly number[];
  readonly rate?: readonly number[];
  readonly arrivals: "poisson" | "constant";
  readonly duration?: number;
  readonly requests?: number;
  readonly warmUp?: number;
  readonly timeout: number;
  readonly findLimit?: true;
  readonly p99?: number;
  readonly maxErrors: number;
  readonly startRate?: number;
  readonly precision: number;
  readonly seed: number;
  readonly softmax?: true;
  readonly output?: string;
}

/** `sightbook loadtest`: how a scoring service does under load. */
export function loadtestCommand(finish: (exitCode: number) => void): Command {
  const command = new Command("loadtest")
    .description(
      "Put a scoring service under load: throughput, latency, failures, and the time it spent itself. " +
        "Ctrl-C ends the test and keeps what was measured.",
    )
    .argument("<url>", "such as http://127.0.0.1:5001/score; without a path /v1/predict is asked")
    .requiredOption("--image <paths...>", "image files, or folders of them, sent in turn")
    .addOption(
      new Option(
        "--contract <kind>",
        "default: predict for .../v1/predict, else score (array with base64)",
      ).choices(["score", "predict"]),
    )
    .option("--softmax", "ask for probabilities (contract score)")
    .option("--key-file <file>", "file with the service's key; or set SIGHTBOOK_KEY")
    .option("--timeout <time>", "a request without an answer fails after so long", duration, 10_000)
    .optionsGroup("The load:")
    .option(
      "--connections <counts>",
      "each sends its next request when it has its answer (closed loop); 1,4,16 makes three steps (default: 16)",
      countList,
    )
    .option(
      "--rate <rates>",
      "requests due per second, however slow the service is (open loop); 50,100,200 makes three steps",
      numberList,
    )
    .addOption(
      new Option("--arrivals <kind>", "of --rate: random, as from independent users, or equally spaced")
        .choices(["poisson", "constant"])
        .default("poisson"),
    )
    .addOption(
      new Option("--duration <time>", "of each step: 10s, 5m, 8h (default: 10s; of a trial 5s)")
        .argParser(duration)
        .conflicts("requests"),
    )
    .option("--requests <count>", "of each step, instead of --duration", wholeNumber(1))
    .option("--warm-up <time>", "load before anything is counted", duration)
    .option("--seed <number>", "of the random arrivals", wholeNumber(0), 1)
    .optionsGroup("The highest load:")
    .addOption(
      new Option("--find-limit", "find the highest rate that holds --p99").conflicts(["rate", "requests"]),
    )
    .option("--p99 <time>", "99th percentile of latency to hold, such as 200ms", duration)
    .option("--max-errors <share>", "share of requests that may fail", rate, 0)
    .option("--start-rate <rate>", "where the search begins", positive)
    .option("--precision <share>", "how near the answer has to be", positive, 0.05)
    .optionsGroup("The report:")
    .option("--output <file>", "save it as .html or .json; kept up to date while the test runs", reportFile);
  return withResult(command, run, finish);
}

async function run(url: string, options: LoadtestOptions): Promise<CommandResult> {
  const { image, output, contract, softmax, warmUp } = options;
  const limit = limitOf(options);
  const key = await keyOf(options.keyFile);
  const status = new StatusLine();
  let lastSave = Date.now();
  let saving: Promise<void> | undefined;
  const onProgress = (report: LoadTestReport): void => {
    status.show(report.statusLine);
    // What was measured shall outlive a soak that ends badly.
    if (output === undefined || saving !== undefined || Date.now() - lastSave < saveIntervalMs) return;
    lastSave = Date.now();
    saving = report.save(output).finally(() => {
      saving = undefined;
    });
    // A failure is told when the finished report is saved.
    saving.catch(() => undefined);
  };
  try {
    const report = await loadTest({
      url,
      images: await imageFiles("loadtest", image),
      timeoutMs: options.timeout,
      arrivals: options.arrivals,
      seed: options.seed,
      ...(contract && { contract }),
      ...(softmax && { parameters: { add_softmax: true } }),
      ...(key !== undefined && { key }),
      ...(warmUp !== undefined && { warmUpSeconds: warmUp / 1000 }),
      ...(limit
        ? { findLimit: limit, ...(options.connections && { connections: options.connections[0]! }) }
        : { steps: stepsOf(options) }),
      onProgress,
    });
    await saving?.catch(() => undefined);
    const problem = await (output === undefined ? undefined : failureOf(report.save(output)));
    const isSaved = output !== undefined && problem === undefined;
    return {
      json: toJson(report.toJSON()) as CommandResult["json"],
      text: isSaved ? `${report.toString()}\n\nreport: ${output}` : report.toString(),
      problem,
      exitCode: report.state === "interrupted" ? 130 : 0,
    };
  } finally {
    status.clear();
  }
}

const saveIntervalMs = 30_000;

/** Why something failed; what was measured is not to be lost with a file. */
function failureOf(work: Promise<unknown>): Promise<Error | undefined> {
  return work.then(
    () => undefined,
    (error: unknown) => error as Error,
  );
}

function limitOf(options: LoadtestOptions): LimitOptions | undefined {
  const { findLimit, p99, maxErrors, startRate, precision, connections = [] } = options;
  if (findLimit === undefined) return undefined;
  if (connections.length > 1) {
    throw new ArgumentError("loadtest", "connections", "one number with --find-limit", connections);
  }
  if (p99 === undefined) throw new ArgumentError("loadtest", "p99", "given with --find-limit", p99);
  return {
    p99Ms: p99,
    maxErrorShare: maxErrors,
    precision,
    ...(startRate !== undefined && { startRate }),
    ...(options.duration !== undefined && { stepSeconds: options.duration / 1000 }),
  };
}

/** A step for each rate and number of connections. */
function stepsOf({
  connections,
  rate: rates,
  duration: milliseconds,
  requests,
}: LoadtestOptions): LoadStep[] {
  const length = {
    ...(milliseconds !== undefined && { durationSeconds: milliseconds / 1000 }),
    ...(requests !== undefined && { requests }),
  };
  const withConnections: LoadStep[] = connections?.map((count) => ({ connections: count })) ?? [{}];
  return withConnections.flatMap((step) =>
    (rates ?? [undefined]).map((each) => ({ ...step, ...length, ...(each !== undefined && { rate: each }) })),
  );
}

/** The key from a file or the environment, never from the arguments: those are for everyone on the machine to see. */
async function keyOf(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return process.env["SIGHTBOOK_KEY"];
  try {
    return (await readFile(file, "utf8")).trim();
  } catch (error) {
    throw new FileError(file, `could not be read (${systemReason(error)})`, undefined, { cause: error });
  }
}
