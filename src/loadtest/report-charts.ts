import { Plot } from "../evaluation/plots/plot.js";
import type { JsonObject } from "../evaluation/plots/specs.js";
import { guideColor, palette, vegaLiteChart } from "../evaluation/plots/style.js";
import { overTime } from "./over-time.js";
import type { LoadTestData } from "./report.js";
import { loadName } from "./report-text.js";
import type { LoadLimit, LoadStepReport } from "./report-types.js";

/** The charts of a report: over time, by percentile and, where there are several loads, by load; of a search, by its rates. */
export function reportCharts({ steps, limit }: LoadTestData): Plot[] {
  const measured = steps.filter(({ answers }) => answers > 0);
  if (measured.length === 0) return [];
  // A search has too many steps to tell their lines apart: its last one confirms the answer.
  const distributed = (limit === undefined ? measured : measured.slice(-1)).filter(
    ({ distribution }) => distribution.length > 0,
  );
  return [
    ...chartsOverTime(steps),
    ...(distributed.length > 0 ? [byPercentile(distributed)] : []),
    ...(limit !== undefined ? [byRate(limit)] : measured.length > 1 ? [byLoad(measured)] : []),
  ];
}

/** So wide that a chart with its axis fits a telephone, and two stand side by side on a page. */
const size = { width: 320, height: 180 } as const;

/** Colours and dashes of the live widget's lines in its light theme (`widgets/view/shared/line-chart.css`). */
export const liveLineStyles = [
  { color: "#0072b2", dash: [1, 0] },
  { color: "#d55e00", dash: [7, 3] },
  { color: "#00785a", dash: [2, 3] },
] as const;

function chartsOverTime(steps: readonly LoadStepReport[]): Plot[] {
  const { seconds, end, charts } = overTime(steps);
  return charts.map(({ title, lines }) => {
    const values = lines.flatMap(({ name, values: ofLine }) =>
      ofLine.map((value, at) => ({ second: seconds[at]!, line: name, value })),
    );
    const isShort = seconds.length <= 40;
    const spec = vegaLiteChart(title, [], {
      data: { values },
      ...size,
      mark: { type: "line", strokeWidth: 1.8, ...(isShort && { point: { size: 20, filled: true } }) },
      encoding: {
        x: {
          field: "second",
          type: "quantitative",
          title: "Seconds",
          scale: { domain: [0, Math.max(1, end)], nice: false },
          axis: { grid: false, tickCount: 6 },
        },
        y: {
          field: "value",
          type: "quantitative",
          title: null,
          scale: { zero: true },
          axis: { tickCount: 5 },
        },
        ...lineEncoding(
          "line",
          lines.map(({ name }) => name),
          liveLineStyles,
        ),
      },
    });
    return new Plot(spec, `${title} over time: ${lines.map(({ name }) => name).join(", ")}.`);
  });
}

function byPercentile(steps: readonly LoadStepReport[]): Plot {
  const names = steps.map(({ load }, index) =>
    steps.length === 1 ? loadName(load) : `${index + 1}: ${loadName(load)}`,
  );
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
  const spec = vegaLiteChart("Latency (ms) by percentile", [], {
    data: { values },
    ...size,
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
      y: { field: "latency", type: "quantitative", title: null, scale: { zero: true } },
      ...lineEncoding("load", names, namedStyles(names), { direction: "vertical", orient: "bottom" }),
    },
  });
  return new Plot(spec, "Latency by percentile.");
}

function byLoad(steps: readonly LoadStepReport[]): Plot {
  const percentiles = ["p50", "p95", "p99"] as const;
  const values = steps.flatMap(({ throughput, latency }) =>
    percentiles.map((percentile) => ({ throughput, percentile, latency: latency[percentile] })),
  );
  const spec = vegaLiteChart("Latency (ms) by load", [], {
    data: { values },
    ...size,
    mark: { type: "line", strokeWidth: 1.8, point: { size: 30, filled: true } },
    encoding: {
      x: { field: "throughput", type: "quantitative", title: "Answers per second", scale: { zero: true } },
      y: { field: "latency", type: "quantitative", title: null, scale: { zero: true } },
      ...lineEncoding("percentile", percentiles, liveLineStyles),
    },
  });
  return new Plot(spec, "Latency by load.");
}

/** Each trial of a search, and the p99 that it had to hold: a step that ended early says nothing by its answers. */
function byRate({ p99Ms, trials }: LoadLimit): Plot {
  const values = trials
    .filter(({ p99 }) => p99 > 0)
    .map(({ rate, held, p99 }) => ({ rate, p99, trial: held ? "held" : "broke" }));
  const outcomes = ["held", "broke"];
  const y = { field: "p99", type: "quantitative", title: null, scale: { type: "log" } };
  const legend = { title: null, direction: "horizontal", orient: "top" };
  const [held, broke] = liveLineStyles;
  const spec = vegaLiteChart("p99 (ms) by rate", [], {
    ...size,
    layer: [
      {
        data: { values: [{ p99: p99Ms }] },
        mark: { type: "rule", color: guideColor, strokeDash: [3, 4], strokeWidth: 1.2 },
        encoding: { y },
      },
      {
        data: { values },
        mark: { type: "point", size: 50, strokeWidth: 1.8, opacity: 1 },
        encoding: {
          x: { field: "rate", type: "quantitative", title: "Requests per second", scale: { zero: true } },
          y,
          color: {
            field: "trial",
            type: "nominal",
            scale: { domain: outcomes, range: [held.color, broke.color] },
            legend,
          },
          shape: {
            field: "trial",
            type: "nominal",
            scale: { domain: outcomes, range: ["circle", "cross"] },
            legend,
          },
        },
      },
    ],
  });
  return new Plot(spec, `The 99th percentile of each trial by its rate; ${p99Ms} ms had to be held.`);
}

interface Style {
  readonly color: string;
  readonly dash: readonly number[];
}

/** Neighbours differ by more than their colour. */
function namedStyles(names: readonly string[]): Style[] {
  const dashes = [...liveLineStyles.map(({ dash }) => dash), [8, 3, 2, 3]];
  return names.map((_, index) => ({
    color: palette[index % palette.length]!,
    dash: dashes[index % dashes.length]!,
  }));
}

/** Lines told apart by colour and dash, with a legend of their names. */
function lineEncoding(
  field: string,
  names: readonly string[],
  styles: readonly Style[],
  legend: JsonObject = { direction: "horizontal", orient: "top" },
): JsonObject {
  const shown = styles.slice(0, names.length);
  return {
    color: {
      field,
      type: "nominal",
      scale: { domain: names, range: shown.map(({ color }) => color) },
      legend: { title: null, symbolType: "stroke", symbolSize: 500, ...legend },
    },
    strokeDash: {
      field,
      type: "nominal",
      scale: { domain: names, range: shown.map(({ dash }) => dash) },
    },
  };
}
