import type { JsonObject } from "../../kernel/index.js";
import { display } from "../../src/display.js";
import {
  limitSentences,
  loadName,
  milliseconds,
  notesOf,
  rateText,
  serverParts,
  type Load,
  type LoadStepReport,
  type LoadTestReport,
  type LoadTestReporter,
  type LoadTestStart,
} from "../../src/loadtest/index.js";
import type { MonitorBar, MonitorTable } from "../state/index.js";
import { loadTestCharts } from "./load-test-charts.js";
import { Monitor, type MonitorContent } from "./monitor.js";

/**
 * Shows a load test below its cell: throughput, latency and the server's own times as they develop, failures by kind, the
 * time left, and a button that ends the test and keeps what was measured. `loadTest` opens one by itself in a
 * notebook; in the end its static form is the report.
 */
export class LoadTestMonitor implements LoadTestReporter {
  #monitor: Monitor | undefined;
  #loads: readonly Load[] | undefined;
  #title = "";

  start({ url, loads, warmUpSeconds, stop }: LoadTestStart): void {
    this.#loads = loads;
    this.#title = `Load test of ${url}`;
    const content: MonitorContent = {
      region: "Load test",
      title: this.#title,
      message: warmUpSeconds > 0 ? `Warming up for ${warmUpSeconds} s` : "Starting",
      stopMessage: "Stopping",
      bars: [{ name: "Time", done: 0, total: 1, text: "not begun" }],
      facts: [],
      charts: loadTestCharts([], this.#plannedSeconds()),
      table: { columns: [], rows: [] },
      notes: [],
      secondsLeft: null,
    };
    this.#monitor = new Monitor(content, this.#words("It was starting when this notebook was saved."), stop);
  }

  update(report: LoadTestReport): void {
    if (report.state !== "running") return;
    this.#monitor?.update({
      ...this.#figures(report),
      message: this.#progress(report),
      charts: loadTestCharts(report.steps, this.#plannedSeconds()),
      secondsLeft: this.#secondsLeft(report.steps),
    });
    this.#monitor?.updateStatic(
      this.#words(`${String(report)}\nIt was still running when this notebook was saved.`),
    );
  }

  async end(report: LoadTestReport): Promise<void> {
    const [limit] = report.limit ? limitSentences(report.limit) : [];
    const requests = report.steps.reduce((sum, step) => sum + step.requests, 0);
    const failed = requests - report.steps.reduce((sum, { answers }) => sum + answers, 0);
    const outcome = limit ?? `${requests} requests, ${failed === 0 ? "none" : failed} failed.`;
    const isStopped = report.state === "interrupted";
    const values = {
      ...this.#figures(report),
      message: isStopped ? `Stopped; the report keeps what was measured: ${outcome}` : `Finished: ${outcome}`,
      charts: loadTestCharts(report.steps),
    };
    const picture = (await report[display]()) as JsonObject;
    await this.#monitor?.end(isStopped ? "stopped" : "finished", values, picture);
  }

  async fail(message: string): Promise<void> {
    await this.#monitor?.end("failed", { message }, this.#words(message));
  }

  #figures({ steps }: LoadTestReport): Pick<MonitorContent, "bars" | "facts" | "table" | "notes"> {
    const step = steps.at(-1);
    return step === undefined
      ? { bars: [], facts: [], table: { columns: [], rows: [] }, notes: [] }
      : { bars: this.#bars(steps, step), facts: factsOf(step), table: tableOf(steps), notes: notesOf(step) };
  }

  #progress({ steps, limit }: LoadTestReport): string {
    const name = loadName(steps.at(-1)!.load);
    if (this.#loads === undefined) {
      const held = limit === undefined || limit.rate === 0 ? "" : `; ${rateText(limit.rate)}/s held so far`;
      const broke = limit?.brokenRate === undefined ? "" : `; ${rateText(limit.brokenRate)}/s broke`;
      return `Search for the highest load, trial ${steps.length}: ${name}${held}${broke}`;
    }
    return this.#loads.length === 1 ? name : `Step ${steps.length} of ${this.#loads.length}: ${name}`;
  }

  #bars(steps: readonly LoadStepReport[], { load, seconds, requests }: LoadStepReport): MonitorBar[] {
    const ofStep = ({ done, total }: { readonly done: number; readonly total: number }): number =>
      Math.min(1, done / total);
    const bar: MonitorBar =
      load.requests === undefined
        ? barOf("Time", Math.min(seconds, load.durationSeconds!), load.durationSeconds!, " s")
        : barOf("Requests", requests, load.requests, "");
    const total = this.#loads?.length ?? 1;
    if (total === 1) return [bar];
    const done = steps.length - 1 + ofStep(bar);
    return [{ name: "Step", done, total, text: `${steps.length} of ${total}` }, bar];
  }

  /** How long the loads take together; `undefined` where that is not known before. */
  #plannedSeconds(): number | undefined {
    const durations = this.#loads?.map(({ durationSeconds }) => durationSeconds);
    return durations?.reduce(
      (sum, one) => (one === undefined || sum === undefined ? undefined : sum + one),
      0,
    );
  }

  #secondsLeft(steps: readonly LoadStepReport[]): number | null {
    const planned = this.#plannedSeconds();
    const step = steps.at(-1)!;
    if (planned !== undefined) {
      return Math.max(0, planned - steps.reduce((sum, { seconds }) => sum + seconds, 0));
    }
    // Of a counted load the end is estimated, where nothing else follows.
    if (this.#loads === undefined || steps.length < this.#loads.length || step.requests === 0) return null;
    return (step.seconds / step.requests) * Math.max(0, (step.load.requests ?? 0) - step.requests);
  }

  /** For a notebook that is saved meanwhile. */
  #words(text: string): JsonObject {
    return { "text/plain": text.startsWith(this.#title) ? text : `${this.#title}\n${text}` };
  }
}

function barOf(name: string, done: number, total: number, unit: string): MonitorBar {
  return { name, done, total, text: `${Math.floor(done)} of ${Math.round(total)}${unit}` };
}

function factsOf(step: LoadStepReport): [name: string, value: string][] {
  const { throughput, latency, serverTimes, requests, answers, generator } = step;
  const ms = (value: number): string => `${milliseconds(value)} ms`;
  return [
    ["Answers per second", rateText(throughput)],
    ["p50", ms(latency.p50)],
    ["p90", ms(latency.p90)],
    ["p99", ms(latency.p99)],
    ["Failed", String(requests - answers)],
    ...serverParts.flatMap((part): [string, string][] => {
      const times = serverTimes[part];
      return times === undefined
        ? []
        : [[`In the server: ${part}, p50 and p99`, `${ms(times.p50)}, ${ms(times.p99)}`]];
    }),
    ["Load generator busy", `${(100 * generator.utilization).toFixed(0)} %`],
  ];
}

function tableOf(steps: readonly LoadStepReport[]): MonitorTable {
  const server = serverParts.filter((part) => steps.some(({ serverTimes }) => part in serverTimes));
  return {
    columns: [
      ...["Step", "Load", "Answers/s", "Requests", "Failed", "p50 ms", "p90 ms", "p99 ms", "Longest ms"],
      ...server.map((part) => `Server's ${part}, p50 ms`),
    ],
    rows: steps.map((step, index) => [
      String(index + 1),
      loadName(step.load),
      rateText(step.throughput),
      String(step.requests),
      String(step.requests - step.answers),
      ...[step.latency.p50, step.latency.p90, step.latency.p99, step.latency.max].map(milliseconds),
      ...server.map((part) => milliseconds(step.serverTimes[part]?.p50 ?? 0)),
    ]),
  };
}
