/** An example that the model got wrong. */
export interface Mistake {
  /** Row in the evaluation. */
  readonly index: number;
  readonly id: string | number;
  readonly path: string | undefined;
  readonly label: string;
  readonly predictedLabel: string;
  /** Probability of the predicted label. */
  readonly confidence: number;
  /** Probability of the true label. */
  readonly labelProbability: number;
}

/** All wrong predictions, the most confident first, equally confident ones in their order. */
export function mistakesOf(data: {
  readonly labels: readonly string[];
  readonly scores: Float64Array;
  readonly labelIndices: Int32Array;
  readonly predictions: Int32Array;
  readonly ids: readonly (string | number)[];
  readonly paths: readonly string[] | undefined;
}): Mistake[] {
  const wrong = Array.from(data.labelIndices.keys()).filter(
    (row) => data.labelIndices[row] !== data.predictions[row],
  );
  const width = data.labels.length;
  return wrong
    .map((index) => ({
      index,
      id: data.ids[index]!,
      path: data.paths?.[index],
      label: data.labels[data.labelIndices[index]!]!,
      predictedLabel: data.labels[data.predictions[index]!]!,
      confidence: data.scores[index * width + data.predictions[index]!]!,
      labelProbability: data.scores[index * width + data.labelIndices[index]!]!,
    }))
    .sort((a, b) => b.confidence - a.confidence || a.index - b.index);
}
