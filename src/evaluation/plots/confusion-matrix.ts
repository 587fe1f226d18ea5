import { ArgumentError } from "../../errors.js";
import type { ClassificationEvaluation } from "../classification-evaluation.js";
import { normalizeConfusions, type ConfusionNormalization } from "../confusion-matrix.js";
import { Plot } from "./plot.js";
import type { PlotlyHeatmap } from "./specs.js";
import {
  distinctlyShortened,
  plotlyAxis,
  plotlyConfig,
  plotlyLayout,
  plotlyText,
  shortened,
  vegaLiteChart,
} from "./style.js";

export interface ConfusionMatrixPlotOptions {
  /**
   * What the cells say: counts (`"none"`), or shares of their row (`"true"`), of their column (`"predicted"`) or of all.
   * Default: `"none"`, coloured by the share of the row, so that rare labels are as visible as frequent ones.
   */
  readonly normalize?: ConfusionNormalization;
  readonly title?: string;
}

const shareNames = {
  true: "Share of the true label",
  predicted: "Share of the predicted label",
  all: "Share of all images",
} as const;

/** From the ground to what stands out. Text is black before the middle and white behind it, of a contrast above 4.5. */
const colors = ["#f4f8fc", "#a9cce8", "#2a7ab8", "#14549a", "#08306b"];

/** True labels down, predicted labels across: the diagonal is right, everything off it is a confusion. */
export function confusionMatrix(
  evaluation: ClassificationEvaluation,
  { normalize = "none", title = "Confusion matrix" }: ConfusionMatrixPlotOptions = {},
): Plot {
  const kinds = ["none", "true", "predicted", "all"];
  if (!kinds.includes(normalize)) {
    throw new ArgumentError("plots.confusionMatrix", "normalize", `one of ${kinds.join(", ")}`, normalize);
  }
  const counts = evaluation.confusionMatrix;
  const shareOf = normalize === "none" ? "true" : normalize;
  const shares = normalizeConfusions(counts, shareOf).map((row) =>
    row.map((share) => Number(share.toFixed(4))),
  );
  const size = evaluation.labels.length;
  const names = [...distinctlyShortened(evaluation.labels, 26).values()];
  const step = size <= 6 ? 64 : size <= 12 ? 44 : size <= 24 ? 30 : Math.max(6, Math.floor(720 / size));
  const hasText = step >= 24;
  const hasZeros = size <= 12;
  // Tens of thousands of empty cells would make a picture of megabytes: there the background stands for them.
  const isLarge = size > 24;
  const cellText = (row: number, column: number): string => {
    if (counts[row]![column] === 0) return hasZeros ? "0" : "";
    return normalize === "none"
      ? String(counts[row]![column]!)
      : `${(100 * shares[row]![column]!).toFixed(0)}%`;
  };
  // "All" shares are small by nature: their colours span what there is.
  const top = shareOf === "all" ? Math.max(...shares.flat()) : 1;
  const { low, high } = evaluation.accuracyInterval;
  const isLabelled = step >= 9;
  const notes = [
    `${evaluation.correct} of ${evaluation.size} right: accuracy ${evaluation.accuracy.toFixed(3)} ` +
      `(95 % interval ${low.toFixed(3)} to ${high.toFixed(3)})`,
    ...(isLabelled ? [] : [`${size} labels, too many to name here: point at a cell`]),
  ];

  const values = counts
    .flatMap((row, i) =>
      row.map((count, j) => ({
        true: names[i]!,
        predicted: names[j]!,
        count,
        share: shares[i]![j]!,
        text: cellText(i, j),
        isDark: shares[i]![j]! > 0.5 * top,
      })),
    )
    .filter(({ count }) => count > 0 || !isLarge);
  const longest = Math.max(...names.map((name) => name.length));
  const labelAngle = longest * 7 > step - 4 ? -45 : 0;
  const fontSize = size <= 12 ? 13 : 10;
  const textLayer = {
    mark: { type: "text", fontSize },
    encoding: {
      text: { field: "text", type: "nominal" },
      color: {
        condition: [
          { test: "datum.isDark", value: "white" },
          { test: "datum.count === 0", value: "#6b6b6b" },
        ],
        value: "black",
      },
    },
  };
  const axis = {
    domain: false,
    ticks: false,
    labels: isLabelled,
    labelPadding: 6,
    labelLimit: 200,
    labelFontSize: Math.min(12, step),
  };
  const vegaLite = vegaLiteChart(title, notes, {
    data: { values },
    width: { step },
    height: { step },
    view: { fill: colors[0]! },
    encoding: {
      x: {
        field: "predicted",
        type: "nominal",
        sort: null,
        title: "Predicted label",
        scale: { domain: names, padding: isLarge ? 0 : 0.02 },
        axis: { ...axis, labelAngle, ...(labelAngle !== 0 && { labelAlign: "right" }) },
      },
      y: {
        field: "true",
        type: "nominal",
        sort: null,
        title: "True label",
        scale: { domain: names, padding: isLarge ? 0 : 0.02 },
        axis,
      },
    },
    layer: [
      {
        mark: { type: "rect", tooltip: { content: "data" }, aria: !isLarge },
        encoding: {
          color: {
            field: "share",
            type: "quantitative",
            scale: { domain: [0, top], range: colors },
            legend: {
              title: shareNames[shareOf],
              format: ".0%",
              gradientLength: Math.max(80, Math.min(200, size * step)),
              tickCount: 5,
            },
          },
        },
      },
      ...(hasText ? [textLayer] : []),
    ],
  });

  const summary = `${title}. ${notes.join(". ")}.\n${textMatrix(evaluation)}`.trimEnd();
  // Plotly has no empty cells: a thousand labels would weigh ten megabytes.
  if (size > 100) return new Plot(vegaLite, summary);
  const plotlyNames = names.map(plotlyText);
  const fullNames = evaluation.labels.map(plotlyText);
  const heatmap: PlotlyHeatmap = {
    type: "heatmap",
    x: plotlyNames,
    y: plotlyNames,
    z: shares,
    zmin: 0,
    zmax: top,
    ...(hasText && {
      text: counts.map((row, i) => row.map((_, j) => cellText(i, j))),
      texttemplate: "%{text}",
      textfont: { size: fontSize },
    }),
    customdata: counts.map((row, i) =>
      row.map((count, j) => {
        const images = `${count} image${count === 1 ? "" : "s"}`;
        return isLarge ? images : `${fullNames[i]!}, taken for ${fullNames[j]!}<br>${images}`;
      }),
    ),
    hovertemplate:
      (isLarge ? "%{y}, taken for %{x}<br>" : "") +
      `%{customdata}<br>${shareNames[shareOf].toLowerCase()} %{z:.1%}<extra></extra>`,
    // From the light ground to dark cells; in a dark theme the other way.
    meta: "themed",
    colorscale: colors.map((color, i) => [i / (colors.length - 1), color] as const),
    colorbar: {
      title: { text: shareNames[shareOf], side: "right" },
      tickformat: ".0%",
      thickness: 14,
      outlinewidth: 0,
    },
    xgap: isLarge ? 0 : 1,
    ygap: isLarge ? 0 : 1,
  };
  const pixels = size * step;
  const axisRest = {
    type: "category",
    showgrid: false,
    ticks: "",
    ticklabelstandoff: 6,
    constrain: "domain",
  };
  return new Plot(vegaLite, summary, {
    data: [heatmap],
    layout: plotlyLayout(title, notes, {
      width: Math.max(480, pixels + 280),
      height: Math.max(400, pixels + 220),
      xaxis: plotlyAxis("Predicted label", { ...axisRest, tickangle: labelAngle }),
      yaxis: plotlyAxis("True label", { ...axisRest, autorange: "reversed", scaleanchor: "x" }),
    }),
    config: plotlyConfig,
  });
}

/** The counts as text, for as many labels as a page is wide. */
function textMatrix(evaluation: ClassificationEvaluation): string {
  const { labels, confusionMatrix: matrix } = evaluation;
  if (labels.length > 20) return "";
  const width = Math.max(...matrix.flat().map((count) => String(count).length), 3);
  const nameWidth = Math.min(26, Math.max(...labels.map((label) => label.length)));
  const rows = matrix.map(
    (row, i) =>
      shortened(labels[i]!, 26).padEnd(nameWidth) +
      row.map((count) => ` ${String(count).padStart(width)}`).join(""),
  );
  return ["Rows: true label; columns: predicted label, in the same order.", ...rows].join("\n");
}
