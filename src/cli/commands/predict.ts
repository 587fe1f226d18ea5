import { Command } from "commander";

import { loadClassifier, type ImagePrediction } from "../../classifiers/index.js";
import { withResult, type CommandResult } from "../command.js";
import { wholeNumber } from "../values.js";

interface PredictOptions {
  readonly batchSize: number;
}

/** `sightbook predict`: label and scores of single images. */
export function predictCommand(finish: (exitCode: number) => void): Command {
  const command = new Command("predict")
    .description("Score images with a saved classifier. Fails only when none of them can be read.")
    .argument("<bundle>", "folder or .zip that train wrote")
    .argument("<images...>", "image files")
    .option("--batch-size <count>", "images scored at once", wholeNumber(1), 32);
  return withResult(command, predict, finish);
}

async function predict(
  bundle: string,
  images: readonly string[],
  { batchSize }: PredictOptions,
): Promise<CommandResult> {
  const classifier = await loadClassifier(bundle);
  try {
    const predictions = await classifier.predict(images, { batchSize });
    const readable = predictions.filter(({ label }) => label !== undefined).length;
    return {
      json: { labels: classifier.labels, predictions: predictions.map(predictionJson) },
      text: predictions.map(predictionText).join("\n"),
      exitCode: readable === 0 ? 1 : 0,
    };
  } finally {
    await classifier.dispose();
  }
}

function predictionJson(prediction: ImagePrediction): CommandResult["json"] {
  if (prediction.label === undefined) {
    const { path, problem } = prediction;
    return { path, problem: problem.message, kind: problem.kind };
  }
  const { path, label, score, scores } = prediction;
  return { path, label, score, scores };
}

function predictionText(prediction: ImagePrediction): string {
  return prediction.label === undefined
    ? prediction.problem.message
    : `${prediction.path}: ${prediction.label} (${prediction.score.toFixed(3)})`;
}
