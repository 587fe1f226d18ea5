import { ArgumentError } from "../errors.js";

/**
 * Weights of the labels in the loss: `"balanced"` weighs each by `examples / (labels * examples of the label)`, so that
 * rare labels count as much as frequent ones; a record gives them by name or index, 1 where it is silent.
 */
export type ClassWeight = "balanced" | Readonly<Record<string, number>>;

/**
 * @param counts - Training examples of each label; labels without any do not count for `"balanced"`.
 * @param labels - Names, if known.
 * @returns One weight per label.
 */
export function labelWeights(
  where: string,
  classWeight: ClassWeight | undefined,
  counts: Int32Array,
  labels: readonly string[] | undefined,
): Float64Array {
  const weights = new Float64Array(counts.length).fill(1);
  if (classWeight === undefined) return weights;
  if (classWeight === "balanced") {
    const total = counts.reduce((sum, count) => sum + count, 0);
    const seen = counts.filter((count) => count > 0).length;
    return weights.map((_, label) => (counts[label] === 0 ? 1 : total / (seen * counts[label]!)));
  }
  for (const [key, weight] of Object.entries(classWeight)) {
    const byName = labels?.indexOf(key) ?? -1;
    const index = byName >= 0 ? byName : /^\d+$/.test(key) ? Number(key) : -1;
    if (index < 0 || index >= counts.length) {
      const names = labels ? ` (${labels.map((name) => JSON.stringify(name)).join(", ")})` : "";
      throw new ArgumentError(
        where,
        "classWeight",
        `keyed by label name or by an index below ${counts.length}${names}`,
        key,
      );
    }
    if (!(weight >= 0) || weight === Infinity) {
      throw new ArgumentError(where, `classWeight[${JSON.stringify(key)}]`, "a number of at least 0", weight);
    }
    weights[index] = weight;
  }
  return weights;
}
