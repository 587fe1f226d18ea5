import type { ClassificationEvaluation } from "../classification-evaluation.js";
import { curvePlot, type CurvePlotOptions } from "./curve-plot.js";
import type { Plot } from "./plot.js";

/** Precision against recall of each label against the others, with the average precisions, and their averages. */
export function precisionRecallCurve(
  evaluation: ClassificationEvaluation,
  options: CurvePlotOptions = {},
): Plot {
  const absent = new Set(evaluation.absentLabels);
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
