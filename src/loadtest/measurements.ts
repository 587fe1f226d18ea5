import { performance } from "node:perf_hooks";

import type { Exchange, Failure } from "./connection.js";
import { readAnswer, type ScoringContract } from "./contract.js";
import type { Load, LoadErrorCount, LoadStepReport } from "./report-types.js";
import { readServerTiming } from "./server-timing.js";
import { Timeline } from "./timeline.js";
import { Times } from "./times.js";

/** A server that makes up names must not fill our memory. */
const mostServerTimes = 16;

/** Nor one that makes up versions. */
const mostLabels = 100_000;

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
  readonly #begun: number;
  readonly #latency = new Times();
  readonly #serviceTime = new Times();
  readonly #serverTimes = new Map<string, Times>();
  readonly #lateness = new Times();
  readonly #errors = new Map<string, LoadErrorCount>();
  readonly #labels = new Map<string, string>();
  readonly #timeline: Timeline;
  readonly #utilizationBefore = performance.eventLoopUtilization();
  #shownLatency = this.#latency;
  #renewLatencyAt = 0;
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
    this.#timeline = new Timeline(begun, {
      durationSeconds: load.durationSeconds,
      ...(load.loop === "closed" && { expectedInterval: () => this.#latency.percentile(50) }),
    });
  }

  /** Takes note of a request that has ended, well or not. */
  add(exchange: Exchange, image: number, moments: Moments): void {
    this.#requests++;
    this.#lastDone = moments.done;
    const failure = this.#failureOf(exchange, image);
    if (failure !== undefined) this.#addFailure(failure, moments.done);
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
    const timeline = this.#timeline.points(now);
    if (now >= this.#renewLatencyAt) {
      const begun = performance.now();
      this.#shownLatency = this.#correctedLatency();
      // After a long stall there is much to correct; it must not take the time that sending needs.
      this.#renewLatencyAt = now + 20 * (performance.now() - begun);
    }
    return { ...this.#report(now, unfinished, this.#shownLatency), timeline };
  }

  /** The report of a step that has ended. */
  finalReport(now: number, unfinished: number): LoadStepReport {
    const latency = this.#correctedLatency();
    const timeline = this.#timeline.finish(now);
    return { ...this.#report(now, unfinished, latency), timeline, distribution: latency.distribution() };
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
      errors: [...this.#errors.values()].sort((a, b) => b.count - a.count),
      unfinished,
      throughput: seconds > 0 ? answersInTime / seconds : 0,
      latency: latency.summary(),
      serviceTime: this.#serviceTime.summary(),
      serverTimes: Object.fromEntries([...this.#serverTimes].map(([name, times]) => [name, times.summary()])),
      timeline: [],
      distribution: [],
      generator: {
        utilization: performance.eventLoopUtilization(this.#utilizationBefore).utilization,
        latenessP99: this.#lateness.percentile(99),
      },
    };
  }

  #correctedLatency(): Times {
    return this.#load.loop === "open" ? this.#latency : this.#latency.correctedForCoordinatedOmission();
  }

  #addAnswer({ due, sent, done }: Moments, serverTiming: string | undefined): void {
    this.#serviceTime.add(done - sent);
    this.#latency.add(done - due);
    const serverTimes = serverTiming === undefined ? [] : readServerTiming(serverTiming);
    this.#timeline.addAnswer(done, done - due, serverTimes);
    if (this.#ended === undefined) this.#answersInTime++;
    for (const [name, milliseconds] of serverTimes) {
      let times = this.#serverTimes.get(name);
      if (times === undefined && this.#serverTimes.size < mostServerTimes) {
        this.#serverTimes.set(name, (times = new Times()));
      }
      times?.add(milliseconds);
    }
  }

  /** What is wrong with an exchange; `undefined` for a right answer. */
  #failureOf(exchange: Exchange, image: number): Failure | undefined {
    if ("kind" in exchange) return exchange;
    const { status, body } = exchange;
    const message = body.toString("utf8", 0, 1000);
    if (status !== 200) return { kind: "status", detail: String(status), message };
    const answer = readAnswer(this.#contract, body);
    if ("wrong" in answer) return { kind: "wrong-answer", detail: answer.wrong, message };
    const label = answer.label.slice(0, 200);
    const question = `${image} ${answer.version.slice(0, 200)}`;
    const known = this.#labels.get(question);
    if (known === undefined && this.#labels.size < mostLabels) this.#labels.set(question, label);
    if (known === undefined || known === label) return undefined;
    return { kind: "wrong-answer", detail: "the label changed", message: `${known}, then ${label}` };
  }

  #addFailure({ kind, detail, message }: Failure, done: number): void {
    this.#timeline.addFailure(done);
    const key = `${kind} ${detail}`;
    const { count = 0, example = onOneLine(message) } = this.#errors.get(key) ?? {};
    this.#errors.set(key, { kind, detail, count: count + 1, example });
  }
}

/** What a server says is shown in terminals, where control characters would be orders. */
function onOneLine(text: string): string {
  return text
    .replace(/[\s\p{Cc}\p{Cf}]+/gu, " ")
    .trim()
    .slice(0, 200);
}
