import { performance } from "node:perf_hooks";

import { readAnswer, type ScoringContract } from "./contract.js";
import type { Exchange, Failure } from "./connection.js";
import type { Load, LoadErrorCount, LoadStepReport, TimelinePoint } from "./report-types.js";
import { Times } from "./times.js";

/** Longest timeline: a soak of hours has longer stretches, not more of them. */
const mostStretches = 600;

/** When a request was due, sent and done, on the clock of `performance.now()`. */
export interface Moments {
  readonly due: number;
  readonly sent: number;
  readonly done: number;
}

/** Gathers what happens in one step of a load test. */
export class Measurements {
  readonly #load: Load;
  readonly #contract: ScoringContract;
  readonly #latency = new Times();
  readonly #serviceTime = new Times();
  readonly #serverTimes = new Map<string, Times>();
  readonly #lateness = new Times();
  readonly #errors = new Map<string, { -readonly [K in keyof LoadErrorCount]: LoadErrorCount[K] }>();
  readonly #labels = new Map<string, string>();
  readonly #begun: number;
  readonly #idleBefore = performance.eventLoopUtilization();
  readonly #timeline: TimelinePoint[] = [];
  readonly #stretchSeconds: number;
  readonly #stretch = new Times(2);
  #stretchErrors = 0;
  #requests = 0;
  #answersInTime = 0;
  #lastDone: number;
  /** When requests stopped being sent. */
  #ended: number | undefined;

  constructor(load: Load, contract: ScoringContract, begun: number) {
    this.#load = load;
    this.#contract = contract;
    this.#begun = begun;
    this.#lastDone = begun;
    this.#stretchSeconds = Math.max(1, Math.ceil((load.durationSeconds ?? 0) / mostStretches));
  }

  /** Takes note of a request that has ended, well or not. */
  add(exchange: Exchange, image: number, moments: Moments): void {
    this.#closeStretches(moments.done);
    this.#requests++;
    this.#lastDone = moments.done;
    const failure = this.#failureOf(exchange, image);
    if (failure !== undefined) this.#addFailure(failure);
    else this.#addAnswer(moments, "serverTiming" in exchange ? exchange.serverTiming : undefined);
  }

  /** Takes note of how late the generator saw that a request was due. */
  addLateness(milliseconds: number): void {
    this.#lateness.add(milliseconds);
  }

  /** No more requests are sent from now on; answers may still come. */
  end(now: number): void {
    this.#ended ??= now;
  }

  /** What there is to say while the step runs: all but the fine distribution, which takes milliseconds to work out. */
  report(now: number, unfinished: number): LoadStepReport {
    this.#closeStretches(now);
    return this.#report(now, unfinished, this.#correctedLatency());
  }

  /** The report of a step that has ended. */
  finalReport(now: number, unfinished: number): LoadStepReport {
    this.#closeStretches(now);
    const begun = this.#timeline.length * this.#stretchSeconds;
    if (this.#stretch.count + this.#stretchErrors > 0) {
      this.#closeStretch((now - this.#begun) / 1000 - begun);
    }
    const latency = this.#correctedLatency();
    return { ...this.#report(now, unfinished, latency), distribution: latency.distribution() };
  }

  #correctedLatency(): Times {
    return this.#load.loop === "open" ? this.#latency : this.#latency.correctedForCoordinatedOmission();
  }

  #report(now: number, unfinished: number, latency: Times): LoadStepReport {
    const isCounted = this.#load.requests !== undefined;
    const until = this.#ended === undefined ? now : isCounted ? this.#lastDone : this.#ended;
    const seconds = Math.max(0, until - this.#begun) / 1000;
    const answersInTime = isCounted ? this.#serviceTime.count : this.#answersInTime;
    return {
      load: this.#load,
      seconds,
      requests: this.#requests,
      answers: this.#serviceTime.count,
      errors: [...this.#errors.values()].map((error) => ({ ...error })).sort((a, b) => b.count - a.count),
      unfinished,
      throughput: seconds > 0 ? answersInTime / seconds : 0,
      latency: latency.summary(),
      serviceTime: this.#serviceTime.summary(),
      serverTimes: Object.fromEntries([...this.#serverTimes].map(([name, times]) => [name, times.summary()])),
      timeline: [...this.#timeline],
      distribution: [],
      generator: {
        utilization: performance.eventLoopUtilization(this.#idleBefore).utilization,
        latenessP99: this.#lateness.percentile(99),
      },
    };
  }

  #addAnswer({ due, sent, done }: Moments, serverTiming: string | undefined): void {
    this.#serviceTime.add(done - sent);
    this.#latency.add(done - due);
    this.#stretch.add(done - due);
    if (this.#ended === undefined) this.#answersInTime++;
    if (serverTiming === undefined) return;
    for (const [name, milliseconds] of readServerTiming(serverTiming)) {
      let times = this.#serverTimes.get(name);
      // A server that makes up names must not fill our memory.
      if (times === undefined && this.#serverTimes.size < 16)
        this.#serverTimes.set(name, (times = new Times()));
      times?.add(milliseconds);
    }
  }

  /** What is wrong with an exchange; `undefined` for a right answer. */
  #failureOf(exchange: Exchange, image: number): Failure | undefined {
    if ("kind" in exchange) return exchange;
    const { status, body } = exchange;
    if (status !== 200) return { kind: "status", detail: String(status), message: body.toString() };
    const answer = readAnswer(this.#contract, body);
    if ("wrong" in answer) {
      return { kind: "wrong-answer", detail: answer.wrong, message: body.toString() };
    }
    const { label, version } = answer;
    const known = this.#labels.get(`${image} ${version}`);
    if (known === undefined) this.#labels.set(`${image} ${version}`, label);
    if (known === undefined || known === label) return undefined;
    return { kind: "wrong-answer", detail: "the label changed", message: `${known}, then ${label}` };
  }

  #addFailure({ kind, detail, message }: Failure): void {
    this.#stretchErrors++;
    const key = `${kind} ${detail}`;
    const known = this.#errors.get(key);
    if (known) known.count++;
    else {
      const example = message.replace(/\s+/g, " ").trim().slice(0, 200);
      this.#errors.set(key, { kind, detail, count: 1, example });
    }
  }

  #closeStretches(now: number): void {
    const whole = Math.floor((now - this.#begun) / 1000 / this.#stretchSeconds);
    while (this.#timeline.length < whole) this.#closeStretch(this.#stretchSeconds);
  }

  #closeStretch(seconds: number): void {
    this.#timeline.push({
      second: this.#timeline.length * this.#stretchSeconds,
      seconds,
      answers: this.#stretch.count,
      errors: this.#stretchErrors,
      p50: this.#stretch.percentile(50),
      p99: this.#stretch.percentile(99),
      max: this.#stretch.max,
    });
    this.#stretch.reset();
    this.#stretchErrors = 0;
  }
}

/**
 * The durations of a `Server-Timing` header, in milliseconds by name.
 *
 * @see W3C, Server Timing (2023), section 3.
 */
export function readServerTiming(header: string): [name: string, milliseconds: number][] {
  const durations: [string, number][] = [];
  for (const metric of header.split(",")) {
    const [name = "", ...parameters] = metric.split(";").map((part) => part.trim());
    const duration = parameters.find((parameter) => /^dur\s*=/i.test(parameter));
    const milliseconds = Number(duration?.split("=")[1]?.trim().replaceAll('"', ""));
    if (name !== "" && duration !== undefined && milliseconds >= 0) durations.push([name, milliseconds]);
  }
  return durations;
}
