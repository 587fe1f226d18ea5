import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import test, { describe } from "node:test";

import { LoadTestReport, type LoadStepReport, type TimelinePoint } from "../../src/loadtest/index.js";
import { liveLineStyles, reportCharts } from "../../src/loadtest/report-charts.js";
import { loadTestCharts } from "../../widgets/host/load-test-charts.js";
import { repositoryRoot } from "../support.js";
import { stepOf } from "./example-step.js";

const point = (second: number, values: Partial<TimelinePoint> = {}): TimelinePoint => ({
  second,
  seconds: 1,
  answers: 10,
  errors: 0,
  p50: 5,
  p90: 6,
  p99: 7,
  max: 8,
  serverTimes: { queue: { p50: 1, p99: 2 }, decode: { p50: 3, p99: 4 }, inference: { p50: 5, p99: 6 } },
  ...values,
});

const reportOf = (steps: readonly LoadStepReport[]): LoadTestReport =>
  new LoadTestReport({
    url: "http://127.0.0.1:1/score",
    contract: "score",
    images: 1,
    startedAt: "2026-11-30T00:00:00.000Z",
    timeoutMs: 1000,
    steps,
    state: "finished",
  });

interface DrawnPoint {
  readonly second: number;
  readonly line: string;
  readonly value: number | null;
}

/** What the saved report draws over time, in the form of the widget's charts. */
function drawn(steps: readonly LoadStepReport[]) {
  return reportCharts(reportOf(steps))
    .map(({ vegaLite }) => vegaLite as unknown as { title: { text: string }; data: { values: DrawnPoint[] } })
    .filter(({ data }) => data.values.some(({ line }) => line))
    .map(({ title, data: { values } }) => ({
      title: title.text,
      lines: [...new Set(values.map(({ line }) => line))].map((name) => {
        const points = values.filter(({ line }) => line === name);
        return { name, x: points.map(({ second }) => second), y: points.map(({ value }) => value) };
      }),
    }));
}

const shown = (steps: readonly LoadStepReport[]) =>
  loadTestCharts(steps).map(({ title, lines }) => ({ title, lines }));

describe("a load test over time", () => {
  test("steps follow each other; what was not measured in a second is a gap", () => {
    const steps = [
      stepOf({ timeline: [point(0), point(1, { answers: 0, errors: 3, serverTimes: {} })] }),
      stepOf({
        timeline: [point(0, { seconds: 2, answers: 30, serverTimes: { queue: { p50: 7, p99: 9 } } })],
      }),
    ];
    const x = [0.5, 1.5, 3];
    const line = (name: string, ...y: (number | null)[]) => ({ name, x, y });
    assert.deepEqual(shown(steps), [
      { title: "Per second", lines: [line("answers", 10, 0, 15), line("failed", 0, 3, 0)] },
      {
        title: "Latency (ms)",
        lines: [line("p50", 5, null, 5), line("p90", 6, null, 6), line("p99", 7, null, 7)],
      },
      {
        title: "In the server, p50 (ms)",
        lines: [line("queue", 1, null, 7), line("decode", 3, null, null), line("inference", 5, null, null)],
      },
      {
        title: "In the server, p99 (ms)",
        lines: [line("queue", 2, null, 9), line("decode", 4, null, null), line("inference", 6, null, null)],
      },
    ]);
  });

  test("the saved report draws the very figures of the widget, a long test's too", () => {
    const long = Array.from({ length: 1000 }, (_, second) =>
      point(second, { answers: second, p99: 7 + (second % 13) / 7, errors: second % 2 }),
    );
    for (const steps of [
      [stepOf({ timeline: [point(0), point(1)] })],
      [stepOf({ timeline: long }), stepOf({ timeline: long })],
    ]) {
      assert.deepEqual(drawn(steps), shown(steps));
    }
    const [perSecond] = shown([stepOf({ timeline: long })]);
    assert.equal(perSecond!.lines[0]!.y.length, 250);
    // Four seconds of 0, 1, 2 and 3 answers.
    assert.equal(perSecond!.lines[0]!.y[0], 1.5);
  });

  test("a server that tells nothing of its times has no charts of them", () => {
    const steps = [stepOf({ timeline: [point(0, { serverTimes: {} })] })];
    assert.deepEqual(
      shown(steps).map(({ title }) => title),
      ["Per second", "Latency (ms)"],
    );
    assert.deepEqual(drawn(steps), shown(steps));
  });

  test("the saved report's lines have the widget's colours, and differ by their dashes as well", () => {
    const style = readFileSync(join(repositoryRoot, "widgets", "view", "shared", "line-chart.css"), "utf8");
    const [light] = style.split("[data-jp-theme-light");
    liveLineStyles.forEach(({ color, dash }, index) => {
      assert.equal(new RegExp(`--sightbook-color-${index}: (#\\w+);`).exec(light!)?.[1], color);
      const dashed = new RegExp(`sightbook-series-${index} path {\\s+stroke-dasharray: ([\\d ]+);`).exec(
        style,
      );
      assert.equal(dashed?.[1] ?? "1 0", dash.join(" "));
    });
    const svgs = reportCharts(reportOf([stepOf({ timeline: [point(0), point(1)] })])).map((chart) =>
      chart.toSVG(),
    );
    return Promise.all(svgs).then(([, latency]) => {
      for (const { color, dash } of liveLineStyles) {
        const line = latency!.match(/<path [^>]*>/g)!.filter((path) => path.includes(`stroke="${color}"`));
        assert.ok(
          line.some((path) => path.includes(`stroke-dasharray="${dash.join(",")}"`)),
          color,
        );
      }
    });
  });
});
