import type { ClassificationEvaluation } from "../classification-evaluation.js";
import { Plot } from "./plot.js";
import { guideColor, lineStyle, vegaLiteChart } from "./style.js";

export interface CalibrationCurvePlotOptions {
  /** A label whose probability is looked at. Default: the predicted label's (the model's confidence). */
  readonly label?: string;
  /** Bins of equal width. Default: 10. */
  readonly bins?: number;
  readonly title?: string;
}

/**
 * Reliability diagram: of the images that were given a probability of 0.8, do 80 % come true? Points below the
 * diagonal are over-confident.
 */
export function calibrationCurve(
  evaluation: ClassificationEvaluation,
  { label, bins = 10, title = "Calibration" }: CalibrationCurvePlotOptions = {},
): Plot {
  const curve = evaluation.calibrationCurve({ bins, ...(label !== undefined && { label }) });
  const values = Array.from(curve.predicted, (predicted, i) => ({
    predicted,
    observed: curve.observed[i]!,
    images: curve.counts[i]!,
  }));
  const notes = [
    `${label === undefined ? "Confidence in the predicted label" : `Probability of ${label}`}; ` +
      `expected calibration error ${curve.expectedCalibrationError.toFixed(3)}`,
  ];
  const axis = { values: [0, 0.2, 0.4, 0.6, 0.8, 1], format: ".1f" };
  const scale = { domain: [0, 1], nice: false };
  const x = { field: "predicted", type: "quantitative", title: "Predicted probability", scale, axis };
  const y = { field: "observed", type: "quantitative", title: "Observed share", scale, axis };
  const { color } = lineStyle(0);
  const vegaLite = vegaLiteChart(title, notes, {
    width: 340,
    height: 340,
    layer: [
      {
        data: {
          values: [
            { predicted: 0, observed: 0 },
            { predicted: 1, observed: 1 },
          ],
        },
        mark: { type: "line", color: guideColor, strokeDash: [3, 4], strokeWidth: 1.2 },
        encoding: { x, y },
      },
      { data: { values }, mark: { type: "line", color, strokeWidth: 2 }, encoding: { x, y } },
      {
        data: { values },
        mark: { type: "circle", color, opacity: 1, tooltip: { content: "data" } },
        encoding: {
          x,
          y,
          size: {
            field: "images",
            type: "quantitative",
            title: "Images in the bin",
            scale: { range: [40, 400], zero: true },
            legend: { symbolStrokeWidth: 0, tickCount: 3, format: "d" },
          },
        },
      },
    ],
  });
  return new Plot(vegaLite, `${title}. ${notes.join(". ")}.`);
}
