import type { FeatureMatrix } from "../../src/classifiers/feature-matrix.js";

/** Seed, rows, columns, labels, spread around each label's mean, labels that occur (repeated: more often). */
export type FeatureRecipe = readonly [number, number, number, number, number, readonly number[]];

export interface LabelledFeatures {
  readonly features: FeatureMatrix;
  readonly labelIndices: Int32Array;
}

/** The same examples as `generate` in test/golden/linear-learners.py, number for number: to fit, and fresh ones. */
export function generateFeatures([seed, rows, columns, labelCount, spread, occurring]: FeatureRecipe): {
  readonly train: LabelledFeatures;
  readonly fresh: LabelledFeatures;
} {
  let state = seed;
  const uniform = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
  for (let i = 0; i < 20; i++) uniform();
  const means = Array.from({ length: labelCount }, () =>
    Array.from({ length: columns }, () => uniform() * 2 - 1),
  );
  const examples = (): LabelledFeatures => {
    const labelIndices = new Int32Array(rows);
    const data = new Float32Array(rows * columns);
    for (let row = 0; row < rows; row++) {
      const label = occurring[Math.floor(uniform() * occurring.length)]!;
      labelIndices[row] = label;
      for (let j = 0; j < columns; j++) {
        data[row * columns + j] = means[label]![j]! + spread * (uniform() - 0.5);
      }
    }
    return { features: { data, rows, columns }, labelIndices };
  };
  return { train: examples(), fresh: examples() };
}
