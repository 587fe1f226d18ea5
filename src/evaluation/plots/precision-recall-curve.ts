import { ArgumentError } from "../../errors.js";
import type { ClassificationEvaluation } from "../classification-evaluation.js";
import { curvePlot, type CurvePlotOptions } from "./curve-plot.js";
import type { Plot } from "./plot.js";

export interface PrecisionRecallPlotOptions extends CurvePlotOptions {
  /** Marks the point that a label's threshold gives, by label; labels that are not named have none. */
  readonly thresholds?: Readonly<Record<string, number>>;
}

/** Precision against recall of each label against the others, with the average precisions, and their averages. */
export function precisionRecallCurve(
  evaluation: ClassificationEvaluation,
  { thresholds = {}, ...options }: PrecisionRecallPlotOptions = {},
): Plot {
  const absent = new Set(evaluation.absentLabels);
  const stray = Object.keys(thresholds).find((label) => !evaluation.labels.includes(label));
  if (stray !== undefined) {
    const must = `by label (${evaluation.labels.join(", ")})`;
    throw new ArgumentError("plots.precisionRecallCurve", "thresholds", must, stray);
  }
  return curvePlot(
    evaluation,
    {
      where: "plots.precisionRecallCurve",
      title: "Precision-recall curve",
      areaName: "Average precision",
      xTitle: "Recall",
      yTitle: "Precision",
      isStep: true,
      guide: undefined,
      measurableLabels: evaluation.labels.filter((label) => !absent.has(label)),
      point: (label) => {
        const threshold = thresholds[label];
        if (threshold === undefined) return undefined;
        const { recall, precision } = evaluation.metricsAtThreshold(label, threshold);
        return { x: recall, y: precision, threshold };
      },
      area: (label) => evaluation.averagePrecision({ label }),
      series: (of) => {
        const curve = evaluation.precisionRecallCurve({ ...of, dropIntermediate: true });
        return {
          of,
          area: evaluation.averagePrecision(of),
          // Drawn from recall 0 to 1; the point at recall 0 has no threshold.
          x: curve.recall.toReversed(),
          y: curve.precision.toReversed(),
          thresholds: curve.thresholds && [Infinity, ...curve.thresholds.toReversed()],
        };
      },
    },
    options,
  );
}
