import { cpSync } from "node:fs";
import { join } from "node:path";

import { repositoryRoot } from "../support.js";

/** Copies the sample images into `folder`, where a kernel that runs there finds them as "tableware". */
export function copyTableware(folder: string): void {
  const source = join(repositoryRoot, "notebooks", "sample_data", "tableware");
  cpSync(source, join(folder, "tableware"), { recursive: true });
}

/** A cell that opens the sample images as `dataset` and makes up an `evaluation` of them, every time the same. */
export const evaluateTableware = `
import { ClassificationDataset, ClassificationEvaluation, Random } from "sightbook";
import { PrecisionRecallUI, ResultsUI } from "sightbook/widgets";
const dataset = await ClassificationDataset.fromDirectory("tableware");
const random = new Random(7);
const rows = Array.from(dataset.labelIndices, (truth) => {
  const odds = dataset.labels.map((_, label) => Math.exp(3 * random.uniform() + (label === truth ? 1.5 : 0)));
  const sum = odds.reduce((a, b) => a + b);
  return odds.map((odd) => odd / sum);
});
const evaluation = new ClassificationEvaluation({
  labels: dataset.labels,
  labelIndices: dataset.labelIndices,
  ids: dataset.images.map(({ id }) => id),
  scores: rows.flat(),
  problems: [{ path: "broken.jpg", kind: "truncated", message: "broken.jpg: the file ends early." }],
});
`;
