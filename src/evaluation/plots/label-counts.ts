import { ArgumentError } from "../../errors.js";
import type { LabelledImages } from "../classifier.js";
import { Plot } from "./plot.js";
import { distinctlyShortened, inkOnGround, lineStyle, vegaLiteChart } from "./style.js";

export interface LabelCountsPlotOptions {
  /** Order of the bars. Default: `"label"`, the order of the dataset's labels. */
  readonly sort?: "label" | "count";
  readonly title?: string;
}

/**
 * How many images each label has.
 *
 * @param data - A dataset, or several by name, such as `{ training: trainSet, test: testSet }`, for bars side by side.
 */
export function labelCounts(
  data: LabelledImages | Readonly<Record<string, LabelledImages>>,
  { sort = "label", title = "Images per label" }: LabelCountsPlotOptions = {},
): Plot {
  const sets: readonly (readonly [string, LabelledImages])[] = isDataset(data)
    ? [["images", data]]
    : Object.entries(data);
  if (sets.length === 0) {
    throw new ArgumentError("plots.labelCounts", "data", "a dataset, or datasets by name", data);
  }
  const labels = [...new Set(sets.flatMap(([, set]) => set.labels))];
  const counts = sets.map(([name, set]) => ({ name, byLabel: countByLabel(set) }));
  const total = (label: string): number =>
    counts.reduce((sum, { byLabel }) => sum + (byLabel.get(label) ?? 0), 0);
  const ordered = sort === "count" ? [...labels].sort((a, b) => total(b) - total(a)) : labels;
  const names = [...distinctlyShortened(ordered, 36).values()];
  const values = counts.flatMap(({ name, byLabel }) =>
    ordered.map((label, i) => ({ set: name, label: names[i]!, images: byLabel.get(label) ?? 0 })),
  );
  const setNames = sets.map(([name]) => name);
  const isGrouped = sets.length > 1;
  const notes = [sets.map(([name, set]) => `${isGrouped ? `${name} ` : ""}${imageCount(set)}`).join(", ")];
  const offset = isGrouped ? { yOffset: { field: "set", type: "nominal", sort: null } } : {};
  const barStep = isGrouped ? 13 * sets.length + 8 : 24;
  const vegaLite = vegaLiteChart(title, notes, {
    data: { values },
    width: 420,
    height: { step: barStep, ...(isGrouped && { for: "position" }) },
    encoding: {
      y: {
        field: "label",
        type: "nominal",
        sort: null,
        title: null,
        axis: { labelLimit: 260, ticks: false, domain: false, labelPadding: 6 },
      },
      x: {
        field: "images",
        type: "quantitative",
        title: "Images",
        scale: { zero: true },
        axis: { tickMinStep: 1, format: ",d" },
      },
      ...offset,
    },
    layer: [
      {
        mark: { type: "bar", tooltip: { content: "data" }, height: { band: 0.8 } },
        encoding: {
          color: isGrouped
            ? {
                field: "set",
                type: "nominal",
                sort: null,
                scale: { domain: setNames, range: setNames.map((_, i) => lineStyle(i).color) },
                legend: { title: null, orient: "top", symbolType: "square", symbolSize: 120 },
              }
            : { value: lineStyle(0).color },
        },
      },
      {
        mark: { type: "text", align: "left", dx: 4, fontSize: isGrouped ? 10 : 11, color: inkOnGround },
        encoding: { text: { field: "images", type: "quantitative" } },
      },
    ],
  });
  const text = ordered.map(
    (label) => `${label} ${counts.map(({ byLabel }) => byLabel.get(label) ?? 0).join("/")}`,
  );
  return new Plot(vegaLite, `${title} (${notes.join("")}): ${text.join(", ")}.`);
}

function isDataset(data: LabelledImages | Readonly<Record<string, LabelledImages>>): data is LabelledImages {
  return Array.isArray(data.images);
}

function countByLabel(set: LabelledImages): ReadonlyMap<string, number> {
  const counts = new Map<string, number>(set.labels.map((label) => [label, 0]));
  for (const image of set.images) {
    for (const label of image.labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  return counts;
}

function imageCount(set: LabelledImages): string {
  return `${set.images.length} image${set.images.length === 1 ? "" : "s"}`;
}
