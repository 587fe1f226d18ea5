import { Command } from "commander";

import { loadClassifier } from "../../classifiers/index.js";
import { ClassificationDataset } from "../../data/index.js";
import { ClassificationEvaluation } from "../../evaluation/index.js";
import { withResult, type CommandResult } from "../command.js";
import { evaluationJson, evaluationText } from "../evaluation-result.js";
import { wholeNumber } from "../values.js";

interface EvaluateOptions {
  readonly batchSize: number;
}

/** `sightbook evaluate`: how a saved classifier does on a folder of labelled images. */
export function evaluateCommand(finish: (exitCode: number) => void): Command {
  const command = new Command("evaluate")
    .description("Score a saved classifier on a folder root/<label>/<image>.")
    .argument("<bundle>", "folder or .zip that train wrote")
    .argument("<dir>", "folder with one folder of images for each label")
    .option("--batch-size <count>", "images scored at once", wholeNumber(1), 32);
  return withResult(command, evaluate, finish);
}

async function evaluate(bundle: string, dir: string, { batchSize }: EvaluateOptions): Promise<CommandResult> {
  const classifier = await loadClassifier(bundle);
  try {
    const testSet = await ClassificationDataset.fromDirectory(dir, { labels: classifier.labels });
    const evaluation = await ClassificationEvaluation.run(classifier, testSet, { batchSize });
    const problems = [...testSet.problems, ...evaluation.problems];
    return { json: evaluationJson(evaluation, problems), text: evaluationText(evaluation, problems) };
  } finally {
    await classifier.dispose();
  }
}
