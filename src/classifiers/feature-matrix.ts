import { ArgumentError } from "../errors.js";

/** Features of examples, one row each. */
export interface FeatureMatrix {
  /** Row-major, `rows * columns` finite numbers. */
  readonly data: Float32Array;
  readonly rows: number;
  readonly columns: number;
}

/** @throws {@link ArgumentError} when sizes disagree or a feature is not finite. */
export function checkFeatures(where: string, features: FeatureMatrix, columns?: number): void {
  const { data, rows } = features;
  if (data.length !== rows * features.columns || features.columns < 1) {
    throw new ArgumentError(where, "features.data", `${rows} x ${features.columns} numbers`, data.length);
  }
  if (columns !== undefined && features.columns !== columns) {
    throw new ArgumentError(
      where,
      "features.columns",
      `${columns}, as when fitted`,
      features.columns,
      "Use the features of the same network layer.",
    );
  }
  const bad = data.findIndex((value) => !Number.isFinite(value));
  if (bad !== -1) {
    const row = Math.floor(bad / features.columns);
    throw new ArgumentError(
      where,
      `features[${row}, ${bad % features.columns}]`,
      "a finite number",
      data[bad],
    );
  }
}

/**
 * Scales each row to Euclidean length 1, which makes one `C` fit features of any network; a row of zeros stays.
 *
 * @returns A new matrix.
 */
export function l2Normalize(features: FeatureMatrix): FeatureMatrix {
  const { rows, columns } = features;
  const data = new Float32Array(features.data.length);
  for (let row = 0; row < rows; row++) {
    const offset = row * columns;
    let sum = 0;
    for (let i = offset; i < offset + columns; i++) sum += features.data[i]! * features.data[i]!;
    const scale = sum === 0 ? 0 : 1 / Math.sqrt(sum);
    for (let i = offset; i < offset + columns; i++) data[i] = features.data[i]! * scale;
  }
  return { data, rows, columns };
}
