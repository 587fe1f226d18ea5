import type { ClassificationEvaluation } from "../../src/index.js";
import type { DrawnCurve } from "../state/index.js";

/** A curve with more points than this is thinned to those that lie apart on a screen. */
const fullPoints = 1000;

/** Least distance of two points of a thinned curve, as a part of the axes. */
const apart = 1 / 500;

/** Of which label the threshold is, as the evaluation names it; the index behind the last means all of them, pooled. */
export function ofIndex(
  labels: readonly string[],
  index: number,
): { readonly label: number } | { readonly average: "micro" } {
  return index === labels.length ? { average: "micro" } : { label: index };
}

/** The curve of a label for a view: whole where it is small. The closing point, which no threshold gives, is left out. */
export function drawCurve(evaluation: ClassificationEvaluation, index: number): DrawnCurve {
  const of = ofIndex(evaluation.labels, index);
  const averagePrecision = evaluation.averagePrecision(of);
  const empty = { of: index, thresholds: [], precision: [], recall: [], averagePrecision: null };
  if (Number.isNaN(averagePrecision)) return empty;
  const curve = evaluation.precisionRecallCurve(of);
  const all = curve.thresholds!;
  const drawn = { thresholds: [] as number[], precision: [] as number[], recall: [] as number[] };
  all.forEach((threshold, i) => {
    const precision = curve.precision[i]!;
    const recall = curve.recall[i]!;
    const isClose =
      all.length > fullPoints &&
      i > 0 &&
      i + 1 < all.length &&
      Math.abs(precision - drawn.precision.at(-1)!) < apart &&
      Math.abs(recall - drawn.recall.at(-1)!) < apart;
    if (isClose) return;
    drawn.thresholds.push(threshold);
    drawn.precision.push(precision);
    drawn.recall.push(recall);
  });
  return { of: index, ...drawn, averagePrecision };
}
