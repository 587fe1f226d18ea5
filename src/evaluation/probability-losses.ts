/**
 * Mean negative log probability of the true label.
 *
 * Probabilities are clipped to `[2^-52, 1 - 2^-52]`, as in scikit-learn's `log_loss`, so that one certain and wrong
 * answer costs 36 nats rather than infinity.
 *
 * @returns Nats per example, lower is better; a uniform guess costs `ln(labels)`.
 */
export function logLossOf(scores: Float64Array, labelIndices: Int32Array, labelCount: number): number {
  let sum = 0;
  for (let i = 0; i < labelIndices.length; i++) {
    const probability = scores[i * labelCount + labelIndices[i]!]!;
    sum -= Math.log(Math.min(Math.max(probability, Number.EPSILON), 1 - Number.EPSILON));
  }
  return sum / labelIndices.length;
}

/**
 * Mean squared distance of the probabilities from the truth (1 for the true label, 0 for the others).
 *
 * With one or two labels it is halved, as in scikit-learn's `brier_score_loss`, so that it is the squared error of
 * one probability; with more it is Brier's original sum over all labels.
 *
 * @returns In `[0, 1]` for one or two labels, else `[0, 2]`; lower is better.
 * @see G. W. Brier, Verification of forecasts expressed in terms of probability, Monthly Weather Review 78 (1950).
 */
export function brierLossOf(scores: Float64Array, labelIndices: Int32Array, labelCount: number): number {
  let sum = 0;
  for (let i = 0; i < labelIndices.length; i++) {
    for (let label = 0; label < labelCount; label++) {
      const error = scores[i * labelCount + label]! - (label === labelIndices[i] ? 1 : 0);
      sum += error * error;
    }
  }
  return sum / labelIndices.length / (labelCount < 3 ? 2 : 1);
}

/** How often predictions of a given confidence come true. */
export interface CalibrationCurve {
  /** Mean predicted probability of each bin that has examples. */
  readonly predicted: Float64Array;
  /** Share of the bin's examples for which it came true; equal to `predicted` for a calibrated model. */
  readonly observed: Float64Array;
  /** Examples in the bin. */
  readonly counts: Int32Array;
  /** Expected calibration error: mean of `|observed - predicted|`, each bin by its examples; lower is better. */
  readonly expectedCalibrationError: number;
}

/**
 * Bins of equal width over `[0, 1]`; a value on a border belongs to the lower bin, as in scikit-learn's
 * `calibration_curve`.
 *
 * @see Guo, Pleiss, Sun, Weinberger, On calibration of modern neural networks, ICML 2017, section 2.
 */
export function calibrationCurveOf(
  probabilities: Float64Array,
  cameTrue: readonly boolean[],
  bins: number,
): CalibrationCurve {
  const predictedSums = new Float64Array(bins);
  const trueCounts = new Int32Array(bins);
  const counts = new Int32Array(bins);
  probabilities.forEach((probability, i) => {
    let bin = 0;
    // The product, not `(bin + 1) / bins`: the borders are then bit for bit those of NumPy's `linspace`.
    while (bin < bins - 1 && probability > (bin + 1) * (1 / bins)) bin++;
    predictedSums[bin]! += probability;
    trueCounts[bin]! += cameTrue[i]! ? 1 : 0;
    counts[bin]!++;
  });
  const used = Array.from(counts.keys()).filter((bin) => counts[bin]! > 0);
  const predicted = Float64Array.from(used, (bin) => predictedSums[bin]! / counts[bin]!);
  const observed = Float64Array.from(used, (bin) => trueCounts[bin]! / counts[bin]!);
  const gap = used.reduce((sum, bin, i) => sum + Math.abs(observed[i]! - predicted[i]!) * counts[bin]!, 0);
  return {
    predicted,
    observed,
    counts: Int32Array.from(used, (bin) => counts[bin]!),
    expectedCalibrationError: gap / probabilities.length,
  };
}
