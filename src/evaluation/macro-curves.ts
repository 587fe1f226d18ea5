import type { PrecisionRecallCurve, RocCurve } from "./curves.js";

/**
 * The vertical average of ROC curves: at each false positive rate, the mean of the true positive rates.
 *
 * Where curves rise vertically both ends are averaged, so that the area is exactly the mean of the areas.
 * (Averaging interpolated values on a grid, as scikit-learn's example does, loses a little at each such step.)
 */
export function averageRocCurves(curves: readonly RocCurve[]): RocCurve {
  const grid = distinctSorted(curves.map((curve) => curve.falsePositiveRate));
  const readers = curves.map((curve) => readRocCurve(curve));
  const x: number[] = [];
  const y: number[] = [];
  for (const rate of grid) {
    let low = 0;
    let high = 0;
    for (const read of readers) {
      const range = read(rate);
      low += range.low / curves.length;
      high += range.high / curves.length;
    }
    x.push(rate);
    y.push(low);
    if (high > low) {
      x.push(rate);
      y.push(high);
    }
  }
  if (y.length > 0) y[y.length - 1] = 1;
  return { falsePositiveRate: Float64Array.from(x), truePositiveRate: Float64Array.from(y) };
}

/**
 * The vertical average of precision-recall curves: at each recall, the mean of the precisions, where each curve is
 * the step function whose area is its average precision. So the average curve's average precision is exactly
 * the mean of theirs.
 */
export function averagePrecisionRecallCurves(curves: readonly PrecisionRecallCurve[]): PrecisionRecallCurve {
  if (curves.length === 0) return { precision: new Float64Array(), recall: new Float64Array() };
  const grid = distinctSorted(curves.map((curve) => curve.recall)).filter((recall) => recall > 0);
  const readers = curves.map((curve) => readPrecision(curve));
  const precision = grid.map((recall) => {
    let sum = 0;
    for (const read of readers) sum += read(recall);
    return sum / curves.length;
  });
  return {
    precision: Float64Array.from([...precision.reverse(), 1]),
    recall: Float64Array.from([...grid.reverse(), 0]),
  };
}

/** Reads a curve at rising positions: the true positive rates just before and just after each. */
function readRocCurve(curve: RocCurve): (rate: number) => { low: number; high: number } {
  const { falsePositiveRate: x, truePositiveRate: y } = curve;
  let next = 0;
  return (rate) => {
    while (next < x.length && x[next]! < rate) next++;
    if (x[next] !== rate) {
      const share = (rate - x[next - 1]!) / (x[next]! - x[next - 1]!);
      const value = y[next - 1]! + share * (y[next]! - y[next - 1]!);
      return { low: value, high: value };
    }
    let last = next;
    while (last + 1 < x.length && x[last + 1] === rate) last++;
    return { low: y[next]!, high: y[last]! };
  };
}

/** Reads a curve at rising recalls: the precision at the highest threshold that reaches each. */
function readPrecision(curve: PrecisionRecallCurve): (recall: number) => number {
  const { precision, recall: recalls } = curve;
  // From the end, where recall is 0, towards the start.
  let next = recalls.length - 1;
  return (recall) => {
    while (next > 0 && recalls[next]! < recall) next--;
    return precision[next]!;
  };
}

function distinctSorted(arrays: readonly Float64Array[]): number[] {
  const all = new Float64Array(arrays.reduce((length, array) => length + array.length, 0));
  let offset = 0;
  for (const array of arrays) {
    all.set(array, offset);
    offset += array.length;
  }
  all.sort();
  return Array.from(all.filter((value, i) => i === 0 || value !== all[i - 1]));
}
