import type { ImageClassifier } from "./image-classifier.js";

import { parameterCount } from "../networks/index.js";

/** A few lines for people: network, size, labels, weights, training. */
export function summaryOf(model: ImageClassifier): string {
  const { baseModel, weights, labels } = model.spec;
  const [name, size] =
    typeof baseModel === "string"
      ? [baseModel, `${parameterCount(model.network).toLocaleString("en")} parameters`]
      : [baseModel.onnx, "featuriser"];
  const provenance = model.weightsProvenance;
  const source = provenance ? `${provenance.source} (${provenance.licence})` : `${weights}, not loaded yet`;
  const kept = model.history.find(({ epoch }) => epoch === model.keptEpoch);
  const accuracy = kept?.validationAccuracy;
  const trained = [
    model.isTrained ? `trained for ${model.history.length} epochs` : "not trained yet",
    ...(kept ? [`epoch ${kept.epoch} kept`] : []),
    ...(accuracy === undefined ? [] : [`validation accuracy ${accuracy.toFixed(3)}`]),
  ];
  return [
    `${name}: ${size}, images of ${model.imageSize.join(" x ")} px`,
    `${labels.length} labels: ${labels.join(", ")}`,
    `weights: ${source}`,
    trained.join(", "),
  ].join("\n");
}
