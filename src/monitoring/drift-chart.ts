import { Plot } from "../evaluation/plots/plot.js";
import type { JsonObject } from "../evaluation/plots/specs.js";
import { lineStyle, vegaLiteChart } from "../evaluation/plots/style.js";
import type { DriftReport, DriftRow } from "./drift-report.js";

const samples = ["reference", "recent"] as const;

/** The shares of both samples in each bin, for each quantity. */
export function driftChart({ rows }: DriftReport): Plot {
  const spec = vegaLiteChart("Reference and recent images", [], {
    columns: 2,
    concat: rows.map(panel),
    resolve: { scale: { color: "shared", x: "independent", y: "independent" } },
  });
  return new Plot(spec, "Shares of the reference and of recent images in each bin.");
}

function panel({ name, bins, verdict }: DriftRow): JsonObject {
  const values = bins.flatMap(({ bin, ...shares }) =>
    samples.map((sample) => ({ bin, sample, share: Number(shares[sample].toFixed(4)) })),
  );
  return {
    title: { text: `${name}: ${verdict}`, fontSize: 12 },
    data: { values },
    width: 300,
    height: 120,
    mark: { type: "bar" },
    encoding: {
      x: {
        field: "bin",
        type: "nominal",
        sort: null,
        title: null,
        axis: { labelAngle: -40, labelLimit: 90 },
      },
      xOffset: { field: "sample", type: "nominal", sort: [...samples] },
      y: { field: "share", type: "quantitative", title: null, axis: { format: ".0%", tickCount: 4 } },
      color: {
        field: "sample",
        type: "nominal",
        scale: { domain: [...samples], range: samples.map((_, index) => lineStyle(index).color) },
        legend: { title: null, orient: "top" },
      },
    },
  };
}
