import type { LoadTestData } from "./report.js";
import type { Load, LoadLimit, LoadStepReport, TimeSummary } from "./report-types.js";

/** Above this the generator's own thread may be what limits the figures. */
const busyGenerator = 0.8;

const states = { running: "running", finished: "finished", interrupted: "interrupted" } as const;

/** The whole report as tables of text. */
export function reportText(report: LoadTestData): string {
  const { url, images, steps, state, startedAt } = report;
  return [
    `Load test of ${url}, ${images} image${images === 1 ? "" : "s"}, ${startedAt}, ${states[state]}`,
    ...(steps.length > 1 ? ["", ...textTable(overviewTable(steps))] : []),
    ...detailedSteps(report).flatMap((step) => [
      "",
      stepSentence(step),
      ...textTable(timesTable(step)).map((line) => `  ${line}`),
      ...notesOf(step).map((note) => `  ${note}`),
    ]),
    ...(report.limit ? ["", ...limitSentences(report.limit)] : []),
  ].join("\n");
}

/** A search has many steps: the last one, which confirms the answer, is told in full. */
export function detailedSteps({ steps, limit }: LoadTestData): readonly LoadStepReport[] {
  return limit === undefined ? steps : steps.slice(-1);
}

/** A line for a terminal while the test runs. */
export function statusLine({ steps, limit }: LoadTestData): string {
  const step = steps.at(-1);
  if (step === undefined) return "starting";
  const broke = limit?.brokenRate === undefined ? "" : `, ${rateText(limit.brokenRate)}/s broke`;
  const found = limit ? `held so far ${rateText(limit.rate)}/s${broke}; ` : "";
  const failures = step.requests - step.answers;
  return (
    `${found}${loadName(step.load)}: ${step.seconds.toFixed(0)} s, ${rateText(step.throughput)} answers/s, ` +
    `p50 ${milliseconds(step.latency.p50)} ms, p99 ${milliseconds(step.latency.p99)} ms, ${failures} failed`
  );
}

export type Table = readonly (readonly string[])[];

/** One row a step; the first row is the header. */
export function overviewTable(steps: readonly LoadStepReport[]): Table {
  return [
    ["load", "answers/s", "requests", "failed", "p50 ms", "p95 ms", "p99 ms", "max ms"],
    ...steps.map((step) => [
      loadName(step.load),
      rateText(step.throughput),
      String(step.requests),
      String(step.requests - step.answers),
      ...[step.latency.p50, step.latency.p95, step.latency.p99, step.latency.max].map(milliseconds),
    ]),
  ];
}

/** The distributions of a step; the first row is the header. */
export function timesTable({ latency, serviceTime, serverTimes }: LoadStepReport): Table {
  const row = (name: string, times: TimeSummary): string[] => [
    name,
    ...[times.mean, times.p50, times.p90, times.p95, times.p99, times.p999, times.max].map(milliseconds),
  ];
  return [
    ["milliseconds", "mean", "p50", "p90", "p95", "p99", "p99.9", "max"],
    row("latency", latency),
    row("service time", serviceTime),
    ...Object.entries(serverTimes).map(([name, times]) => row(`in the server: ${name}`, times)),
  ];
}

export function stepSentence(step: LoadStepReport): string {
  const failures = step.requests - step.answers;
  return (
    `${loadName(step.load)}: ${rateText(step.throughput)} answers/s over ${step.seconds.toFixed(1)} s; ` +
    `${step.requests} requests, ${failures === 0 ? "none failed" : `${failures} failed`}` +
    (step.unfinished > 0 ? `, ${step.unfinished} given up unanswered` : "")
  );
}

/** What a step's figures need said beside them. */
export function notesOf({ load, errors, generator }: LoadStepReport): string[] {
  return [
    ...errors.map(({ kind, detail, count, example }) => {
      const said = example === "" || example === detail ? "" : `: ${example}`;
      return `${count} × ${kind} ${detail}${said}`;
    }),
    ...(generator.utilization > busyGenerator
      ? [
          `The load generator was at work ${(100 * generator.utilization).toFixed(0)} % of the time: ` +
            "these figures may be its own limit.",
        ]
      : []),
    load.loop === "open"
      ? "Latency counts from when a request was due: it is corrected for coordinated omission."
      : "Latency is corrected for coordinated omission by estimate; service time is as measured.",
  ];
}

export function limitSentences(limit: LoadLimit): string[] {
  const { rates, trials } = limit;
  const listed = (wanted: boolean): string => {
    const found = rates.filter(({ held }) => held === wanted).map(({ rate }) => rateText(rate));
    return found.length === 0 ? "none" : `${found.join(", ")} requests/s`;
  };
  return [
    limitSentence(limit),
    `  held: ${listed(true)}`,
    `  broke: ${listed(false)}`,
    ...trials.map(
      (trial) =>
        `  trial at ${rateText(trial.rate)}/s ${trial.held ? `held, p99 ${milliseconds(trial.p99)} ms` : `broke, ${trial.reason}`}` +
        (trial.isConfirmation ? " (confirmation)" : ""),
    ),
  ];
}

/** The answer of a search: the limit lies between what held and what broke. */
function limitSentence({ p99Ms, rate, brokenRate, precision, isConfirmed }: LoadLimit): string {
  const broke = brokenRate === undefined ? "none broke" : `${rateText(brokenRate)} broke`;
  if (rate === 0) return `No rate was found that holds a p99 of ${p99Ms} ms; ${broke}.`;
  return (
    `Highest load with a p99 of at most ${p99Ms} ms: ${rateText(rate)} requests/s held, ${broke}` +
    (isConfirmed
      ? ` (precision ${Number((100 * precision).toPrecision(3))} %); confirmed by a trial of three times the length.`
      : "; not confirmed.")
  );
}

/** `16 connections`, `100 requests/s`. */
export function loadName({ loop, connections, rate = 0, arrivals }: Load): string {
  if (loop === "open") return `${rateText(rate)} requests/s (${arrivals ?? "poisson"})`;
  return `${connections} connection${connections === 1 ? "" : "s"}`;
}

/** Three significant digits, as precise as the histograms are. */
export function milliseconds(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** Requests or answers per second, of three digits or more. */
export function rateText(value: number): string {
  return value >= 1000 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

function textTable(table: Table): string[] {
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  return table.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)))
      .join("  "),
  );
}
