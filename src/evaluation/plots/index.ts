export { calibrationCurve, type CalibrationCurvePlotOptions } from "./calibration-curve.js";
export { confusionMatrix, type ConfusionMatrixPlotOptions } from "./confusion-matrix.js";
export type { CurvePlotOptions } from "./curve-plot.js";
export { labelCounts, type LabelCountsPlotOptions } from "./label-counts.js";
export { Plot } from "./plot.js";
export { precisionRecallCurve, type PrecisionRecallPlotOptions } from "./precision-recall-curve.js";
export { rocCurve } from "./roc-curve.js";
export type { PlotlyFigure, VegaLiteSpec } from "./specs.js";
export { trainingHistory, type EpochLike, type TrainingHistoryPlotOptions } from "./training-history.js";
