import type { EvaluationData } from "../../src/evaluation/index.js";

/** What makes one case: seed, labels, examples, levels of the scores, bonus of the true label, labels that occur. */
export type CaseRecipe = readonly [number, number, number, number, number, readonly number[]];

/** The same cases as `generate` in test/golden/metrics.py, number for number. */
export function generateCase([
  seed,
  labelCount,
  examples,
  levels,
  bonus,
  occurring,
]: CaseRecipe): EvaluationData & {
  scores: Float64Array;
  labelIndices: Int32Array;
} {
  let state = seed;
  const uniform = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
  for (let i = 0; i < 20; i++) uniform();
  const labelIndices = new Int32Array(examples);
  const scores = new Float64Array(examples * labelCount);
  for (let example = 0; example < examples; example++) {
    const label = occurring[Math.floor(uniform() * occurring.length)]!;
    const row = Array.from({ length: labelCount }, () => 1 + Math.floor(uniform() * levels));
    row[label] = bonus < 0 ? 0 : row[label]! + bonus;
    const sum = row.reduce((total, value) => total + value, 0);
    labelIndices[example] = label;
    scores.set(
      row.map((value) => value / sum),
      example * labelCount,
    );
  }
  return { labels: Array.from({ length: labelCount }, (_, i) => `label ${i}`), scores, labelIndices };
}
