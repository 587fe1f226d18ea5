import { ArgumentError } from "../../errors.js";
import type { ClassificationEvaluation } from "../classification-evaluation.js";
import { Plot } from "./plot.js";
import type { Json, JsonObject, PlotlyLine, PlotlyPoint } from "./specs.js";
import {
  distinctlyShortened,
  guideColor,
  ink,
  lineStyle,
  plotlyAxis,
  plotlyConfig,
  plotlyLayout,
  plotlyText,
  shortened,
  vegaLiteChart,
  type LineStyle,
} from "./style.js";

/** Options of the plots that draw a curve per label. */
export interface CurvePlotOptions {
  /** Labels to draw, by name. Default: all, or where there are more than `maxCurves` those with the smallest areas. */
  readonly labels?: readonly string[];
  /** Averages to draw. Default: macro and micro; none for two labels, whose curves say the same. */
  readonly averages?: readonly ("macro" | "micro")[];
  /** Most curves of labels when `labels` does not name them, at least 1. Default: 10. */
  readonly maxCurves?: number;
  readonly title?: string;
}

/** One curve to draw. */
export interface Series {
  /** What it is of: a label's name, or the kind of average. */
  readonly of: { readonly label: string } | { readonly average: "macro" | "micro" };
  readonly area: number;
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
  /** Threshold of each point, where it has one. */
  readonly thresholds: ArrayLike<number> | undefined;
}

/** A point of a curve and the threshold that gives it. */
export interface CurvePoint {
  readonly x: number;
  readonly y: number;
  readonly threshold: number;
}

export interface CurvePlotParts {
  readonly where: string;
  readonly title: string;
  readonly areaName: string;
  readonly xTitle: string;
  readonly yTitle: string;
  readonly isStep: boolean;
  /** A dashed line that guessing would draw. */
  readonly guide: readonly [readonly [number, number], readonly [number, number]] | undefined;
  readonly measurableLabels: readonly string[];
  readonly area: (label: string) => number;
  /** A point to mark on a label's curve. */
  readonly point?: (label: string) => CurvePoint | undefined;
  readonly series: (of: Series["of"]) => Series;
}

const side = 380;
const lineWidths = { average: 2.6, label: 1.8 } as const;

export function curvePlot(
  evaluation: ClassificationEvaluation,
  parts: CurvePlotParts,
  options: CurvePlotOptions,
): Plot {
  const {
    title = parts.title,
    averages = evaluation.labels.length > 2 ? (["macro", "micro"] as const) : [],
  } = options;
  const { labels, notes } = chooseLabels(evaluation, parts, options);
  const shortNames = distinctlyShortened(labels, 30);
  const series = [
    ...averages.map((average) => parts.series({ average })),
    ...labels.map((label) => parts.series({ label })),
  ].map((curve) => ({
    of: curve.of,
    ...thinned(curve),
    ...appearance(curve, evaluation.labels),
    name: nameOf(curve, shortNames),
  }));

  const points = series.flatMap(({ of, name, color }) => {
    const point = "label" in of ? parts.point?.(of.label) : undefined;
    return point === undefined ? [] : [{ ...point, curve: name, color }];
  });

  const describe = ({ curve, threshold, x, y }: (typeof points)[number]): string =>
    `${curve} at threshold ${threshold}: ${parts.xTitle} ${x.toFixed(3)}, ${parts.yTitle} ${y.toFixed(3)}`;

  const names = series.map((curve) => curve.name);
  const pointsOf = (kind: "average" | "label"): Json =>
    series
      .filter(({ of }) => kind in of)
      .flatMap((curve) =>
        curve.x.map((x, point) => ({
          curve: curve.name,
          point,
          x,
          y: curve.y[point]!,
          threshold: curve.thresholds[point]!,
        })),
      );
  const axis = (name: string): JsonObject => ({
    title: name,
    values: [0, 0.2, 0.4, 0.6, 0.8, 1],
    format: ".1f",
  });
  const scale = { domain: [0, 1], nice: false };
  const guideLayer: JsonObject[] = parts.guide
    ? [
        {
          data: { values: parts.guide.map(([x, y]) => ({ x, y })) },
          mark: { type: "line", color: guideColor, strokeDash: [3, 4], strokeWidth: 1.2 },
          encoding: { x: { field: "x", type: "quantitative" }, y: { field: "y", type: "quantitative" } },
        },
      ]
    : [];
  const legend = { title: parts.areaName, orient: "right", symbolType: "stroke" };
  const lineLayer = (kind: "average" | "label"): JsonObject => ({
    data: { values: pointsOf(kind) },
    mark: {
      type: "line",
      interpolate: parts.isStep ? "step-before" : "linear",
      strokeJoin: "round",
      strokeWidth: lineWidths[kind],
    },
    encoding: {
      x: { field: "x", type: "quantitative", scale, axis: axis(parts.xTitle) },
      y: { field: "y", type: "quantitative", scale, axis: axis(parts.yTitle) },
      order: { field: "point", type: "quantitative" },
      color: {
        field: "curve",
        type: "nominal",
        scale: { domain: names, range: series.map((curve) => curve.color) },
        legend,
      },
      strokeDash: {
        field: "curve",
        type: "nominal",
        scale: { domain: names, range: series.map((curve) => curve.dash.vega) },
        legend,
      },
    },
  });
  const pointLayer: JsonObject = {
    data: { values: points.map(({ x, y, threshold, curve }) => ({ x, y, threshold, curve })) },
    mark: { type: "point", filled: true, size: 110, opacity: 1, stroke: "white", strokeWidth: 1.5 },
    encoding: {
      x: { field: "x", type: "quantitative" },
      y: { field: "y", type: "quantitative" },
      color: { field: "curve", type: "nominal" },
    },
  };
  const vegaLite = vegaLiteChart(title, notes, {
    width: side,
    height: side,
    layer: [
      ...guideLayer,
      lineLayer("label"),
      ...(averages.length > 0 ? [lineLayer("average")] : []),
      ...(points.length > 0 ? [pointLayer] : []),
    ],
  });

  // Averages are drawn last, above the labels' curves, but listed first.
  const drawn = [...series].sort((a, b) => a.width - b.width);
  const traces = drawn.map((curve): PlotlyLine => ({
    type: "scatter",
    mode: "lines",
    name: plotlyText(curve.name),
    ...("average" in curve.of && { legendrank: 1, meta: "themed" as const }),
    x: curve.x,
    y: curve.y,
    line: {
      color: curve.color,
      width: curve.width,
      dash: curve.dash.plotly,
      shape: parts.isStep ? "vh" : "linear",
    },
    customdata: curve.thresholds.map((threshold) => (threshold === null ? "" : `<br>threshold ${threshold}`)),
    hovertemplate: `${parts.xTitle} %{x:.3f}<br>${parts.yTitle} %{y:.3f}%{customdata}`,
  }));
  const guide = parts.guide && {
    type: "scatter" as const,
    mode: "lines" as const,
    name: "guessing",
    x: parts.guide.map(([x]) => x),
    y: parts.guide.map(([, y]) => y),
    line: { color: guideColor, width: 1.2, dash: "dot" },
    hoverinfo: "skip" as const,
    showlegend: false,
  };
  const marks = points.map(({ x, y, threshold, curve, color }): PlotlyPoint => ({
    type: "scatter",
    mode: "markers",
    name: plotlyText(curve),
    x: [x],
    y: [y],
    marker: { color, size: 11, line: { color: "white", width: 1.5 } },
    hovertemplate: `${parts.xTitle} %{x:.3f}<br>${parts.yTitle} %{y:.3f}<br>threshold ${threshold}`,
    showlegend: false,
  }));
  const range = [-0.01, 1.01];
  const layout = plotlyLayout(title, notes, {
    width: 680,
    height: 520,
    xaxis: plotlyAxis(parts.xTitle, { range, constrain: "domain" }),
    yaxis: plotlyAxis(parts.yTitle, { range, scaleanchor: "x", constrain: "domain" }),
    legend: { title: { text: parts.areaName }, x: 1.02, y: 1 },
    hovermode: "closest",
  });
  return new Plot(
    vegaLite,
    `${title}. ${[...notes, `${parts.areaName}: ${names.join(", ")}`, ...points.map(describe)].join(". ")}.`,
    {
      data: [...(guide ? [guide] : []), ...traces, ...marks],
      layout,
      config: plotlyConfig,
    },
  );
}

/** Which labels get a curve, and sentences about those that do not. */
function chooseLabels(
  evaluation: ClassificationEvaluation,
  { where, measurableLabels, area }: CurvePlotParts,
  { labels, maxCurves = 10 }: CurvePlotOptions,
): { labels: readonly string[]; notes: string[] } {
  for (const label of labels ?? []) {
    if (!evaluation.labels.includes(label)) {
      throw new ArgumentError(where, "labels", `among ${evaluation.labels.join(", ")}`, label);
    }
  }
  if (!Number.isInteger(maxCurves) || maxCurves < 1) {
    throw new ArgumentError(where, "maxCurves", "an integer of at least 1", maxCurves);
  }
  const wanted = labels ?? evaluation.labels;
  const drawable = wanted.filter((label) => measurableLabels.includes(label));
  if (drawable.length === 0) {
    throw new ArgumentError(
      where,
      "evaluation",
      "of a test set in which the curve is defined",
      `no test image of ${labels ? wanted.join(", ") : "a second label"}`,
      "Evaluate on images of these labels and of others.",
    );
  }
  const notes: string[] = [];
  const missing = wanted.filter((label) => !drawable.includes(label));
  if (missing.length > 0) notes.push(`No test image of ${listed(missing)}`);
  if (labels !== undefined || drawable.length <= maxCurves) return { labels: drawable, notes };
  const areas = new Map(drawable.map((label) => [label, area(label)]));
  const weakest = [...drawable].sort((a, b) => areas.get(a)! - areas.get(b)!).slice(0, maxCurves);
  notes.push(`The ${maxCurves} labels of ${drawable.length} with the smallest areas`);
  return { labels: drawable.filter((label) => weakest.includes(label)), notes };
}

function listed(labels: readonly string[]): string {
  const shown = labels.slice(0, 4).map((label) => shortened(label, 24));
  return shown.join(", ") + (labels.length > 4 ? ` and ${labels.length - 4} more` : "");
}

function nameOf({ of, area }: Series, shortNames: ReadonlyMap<string, string>): string {
  const name = "label" in of ? shortNames.get(of.label)! : `${of.average} average`;
  return `${name} ${area.toFixed(3)}`;
}

/** A label keeps its colour whichever others are drawn. */
function appearance({ of }: Series, labels: readonly string[]): LineStyle & { width: number } {
  if ("label" in of) return { ...lineStyle(labels.indexOf(of.label)), width: lineWidths.label };
  const dash = { macro: { vega: [1, 0], plotly: "solid" }, micro: { vega: [7, 3], plotly: "dash" } } as const;
  return { color: ink, dash: dash[of.average], width: lineWidths.average };
}

/** Leaves out points that would lie within a pixel of the one before, so that large test sets stay light. */
function thinned({ x, y, thresholds }: Series): { x: number[]; y: number[]; thresholds: (number | null)[] } {
  const step = 1 / 500;
  const rounded = (rate: number): number => Math.round(rate * 1e5) / 1e5;
  const result = { x: [] as number[], y: [] as number[], thresholds: [] as (number | null)[] };
  for (let i = 0; i < x.length; i++) {
    const isClose =
      i > 0 &&
      i < x.length - 1 &&
      Math.abs(x[i]! - result.x.at(-1)!) < step &&
      Math.abs(y[i]! - result.y.at(-1)!) < step;
    if (isClose) continue;
    result.x.push(rounded(x[i]!));
    result.y.push(rounded(y[i]!));
    const threshold = thresholds?.[i];
    // JSON has no infinity; the point where nothing is flagged has no threshold to show.
    result.thresholds.push(
      threshold === undefined || threshold === Infinity ? null : Number(threshold.toPrecision(4)),
    );
  }
  return result;
}
