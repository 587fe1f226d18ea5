import type { ClassificationEvaluation } from "../classification-evaluation.js";
import { curvePlot, type CurvePlotOptions } from "./curve-plot.js";
import type { Plot } from "./plot.js";

/**
 * ROC curve of each label against the others, with the areas below them, and their averages.
 *
 * @throws {@link ArgumentError} when the test set has images of one label only: then there is no false alarm to count.
 */
export function rocCurve(evaluation: ClassificationEvaluation, options: CurvePlotOptions = {}): Plot {
  const absent = new Set(evaluation.absentLabels);
  const isAlone = absent.size === evaluation.labels.length - 1;
  return curvePlot(
    evaluation,
    {
      where: "plots.rocCurve",
      title: "ROC curve",
      areaName: "Area under the curve",
      xTitle: "False positive rate",
      yTitle: "True positive rate",
      isStep: false,
      guide: [
        [0, 0],
        [1, 1],
      ],
      measurableLabels: isAlone ? [] : evaluation.labels.filter((label) => !absent.has(label)),
      area: (label) => evaluation.rocAuc({ label }),
      series: (of) => {
        const curve = evaluation.rocCurve(of);
        return {
          of,
          area: evaluation.rocAuc(of),
          x: curve.falsePositiveRate,
          y: curve.truePositiveRate,
          thresholds: curve.thresholds,
        };
      },
    },
    options,
  );
}
