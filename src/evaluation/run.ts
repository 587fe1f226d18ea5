import { ArgumentError } from "../errors.js";
import type { Classifier, ImageProblem, LabelledImages, PredictionOptions } from "./classifier.js";
import type { EvaluationData } from "./evaluation-data.js";

const where = "ClassificationEvaluation.run";

/** Options of `ClassificationEvaluation.run`: passed on to the model. */
export type EvaluationRunOptions = PredictionOptions;

/** Has the model score the test set and puts the true labels beside the scores, matched by name. */
export async function scoreTestSet(
  model: Classifier,
  testSet: LabelledImages,
  options: EvaluationRunOptions,
): Promise<EvaluationData> {
  const indexByName = new Map(model.labels.map((name, index) => [name, index]));
  const unlabelled: ImageProblem[] = [];
  const images = testSet.images.filter((image) => {
    const label = image.labels[0];
    if (label === undefined) {
      unlabelled.push({ path: image.path, kind: "unlabelled", message: "The image has no label." });
      return false;
    }
    if (!indexByName.has(label)) {
      throw new ArgumentError(
        where,
        "testSet",
        `labelled with the model's labels (${model.labels.map((name) => JSON.stringify(name)).join(", ")})`,
        `${label} for ${image.path}`,
        "Rename the label, leave the image out, or train with it.",
      );
    }
    return true;
  });
  if (images.length === 0) {
    throw new ArgumentError(
      where,
      "testSet",
      "of at least one labelled image",
      `${testSet.images.length} images`,
      "There is nothing to evaluate.",
    );
  }
  const labelled = images.length === testSet.images.length ? testSet : { labels: testSet.labels, images };
  const { scores, included, problems } = await model.predictProbabilities(labelled, options);
  const scored = Array.from(included, (index) => images[index]!);
  if (scored.length === 0) {
    throw new ArgumentError(
      where,
      "testSet",
      "of at least one readable image",
      `${images.length} images, none readable`,
      problems[0] && `The first one: ${problems[0].path}: ${problems[0].message}`,
    );
  }
  return {
    labels: model.labels,
    scores,
    labelIndices: scored.map((image) => indexByName.get(image.labels[0]!)!),
    ids: scored.map((image) => image.id),
    paths: scored.map((image) => image.path),
    problems: [...unlabelled, ...problems],
  };
}
