import { Plot } from "../evaluation/plots/plot.js";
import type { JsonObject } from "../evaluation/plots/specs.js";
import { lineStyle, vegaLiteChart } from "../evaluation/plots/style.js";
import type { LoadTestData } from "./report.js";
import { loadName } from "./report-text.js";
import type { LoadStepReport } from "./report-types.js";

/** The charts of a report: over time, by percentile and, where there are several loads, by load. */
export function reportCharts({ steps }: LoadTestData): Plot[] {
  const measured = steps.filter(({ answers }) => answers > 0);
  if (measured.length === 0) return [];
  return [
    overTime(measured),
    ...(measured.some(({ distribution }) => distribution.length > 0) ? [byPercentile(measured)] : []),
    ...(measured.length > 1 ? [byLoad(measured)] : []),
  ];
}

const width = 640;

function overTime(steps: readonly LoadStepReport[]): Plot {
  let begun = 0;
  const values = steps.flatMap(({ timeline }) => {
    const offset = begun;
    begun += timeline.reduce((sum, { seconds }) => sum + seconds, 0);
    return timeline.map((point) => ({
      second: offset + point.second + point.seconds / 2,
      answers: point.answers / point.seconds,
      errors: point.errors / point.seconds,
      p50: point.answers > 0 ? point.p50 : null,
      p90: point.answers > 0 ? point.p90 : null,
      p99: point.answers > 0 ? point.p99 : null,
    }));
  });
  const x = { field: "second", type: "quantitative", title: "Seconds", axis: { grid: false } };
  const panel = (title: string, series: readonly string[], names: readonly string[]): JsonObject => ({
    width,
    height: 160,
    transform: [{ fold: series, as: ["series", "value"] }],
    mark: { type: "line", strokeWidth: 1.8, point: { size: 14, filled: true } },
    encoding: {
      x,
      y: { field: "value", type: "quantitative", title, scale: { zero: true } },
      color: {
        field: "series",
        type: "nominal",
        scale: { domain: series, range: series.map((_, index) => lineStyle(index).color) },
        legend: {
          title: null,
          orient: "right",
          symbolType: "stroke",
          labelExpr: `{${series.map((name, index) => `'${name}':'${names[index]!}'`).join(",")}}[datum.label]`,
        },
      },
    },
  });
  const spec = vegaLiteChart("Over time", [], {
    data: { values },
    vconcat: [
      panel("Per second", ["answers", "errors"], ["answers", "failed"]),
      panel("Latency (ms)", ["p50", "p90", "p99"], ["p50", "p90", "p99"]),
    ],
    resolve: { scale: { color: "independent" } },
  });
  return new Plot(spec, "Answers, failures and latency over time.");
}

function byPercentile(steps: readonly LoadStepReport[]): Plot {
  const names = steps.map(({ load }, index) => `${index + 1}: ${loadName(load)}`);
  // Equally spaced by rareness: each tick to the right is ten times rarer.
  const values = steps.flatMap(({ distribution }, index) =>
    distribution
      .filter(({ percentile }) => percentile < 100)
      .map(({ percentile, latency }) => ({
        load: names[index]!,
        rareness: 100 / (100 - percentile),
        latency,
      })),
  );
  const rarest = Math.max(10, ...values.map(({ rareness }) => rareness));
  const ticks = [1, 2, 10, 100, 1000, 10_000, 100_000, 1_000_000].filter((tick) => tick <= rarest);
  const tickNames = "{'1':'p0','2':'p50','10':'p90','100':'p99','1000':'p99.9','10000':'p99.99'}";
  const spec = vegaLiteChart("Latency by percentile", [], {
    data: { values },
    width,
    height: 220,
    mark: { type: "line", strokeWidth: 1.8, interpolate: "step-before" },
    encoding: {
      x: {
        field: "rareness",
        type: "quantitative",
        title: "Percentile",
        scale: { type: "log", nice: false },
        axis: {
          values: ticks,
          labelExpr: `${tickNames}[toString(datum.value)] || 'p99.999'`,
        },
      },
      y: { field: "latency", type: "quantitative", title: "Latency (ms)", scale: { zero: true } },
      color: {
        field: "load",
        type: "nominal",
        scale: { domain: names, range: names.map((_, index) => lineStyle(index).color) },
        legend: { title: null, orient: "bottom", direction: "vertical", symbolType: "stroke" },
      },
    },
  });
  return new Plot(spec, "Latency by percentile.");
}

function byLoad(steps: readonly LoadStepReport[]): Plot {
  const values = steps.flatMap(({ throughput, latency }) =>
    (["p50", "p95", "p99"] as const).map((percentile) => ({
      throughput,
      percentile,
      latency: latency[percentile],
    })),
  );
  const percentiles = ["p50", "p95", "p99"];
  const spec = vegaLiteChart("Latency by load", [], {
    data: { values },
    width,
    height: 220,
    mark: { type: "line", strokeWidth: 1.8, point: { size: 30, filled: true } },
    encoding: {
      x: { field: "throughput", type: "quantitative", title: "Answers per second", scale: { zero: true } },
      y: { field: "latency", type: "quantitative", title: "Latency (ms)", scale: { zero: true } },
      color: {
        field: "percentile",
        type: "nominal",
        scale: { domain: percentiles, range: percentiles.map((_, index) => lineStyle(index).color) },
        legend: { title: null, orient: "right", symbolType: "stroke" },
      },
    },
  });
  return new Plot(spec, "Latency by load.");
}
