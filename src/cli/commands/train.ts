import { Command, Option } from "commander";

import { ClassificationDataset } from "../../data/index.js";
import { CancelledError } from "../../errors.js";
import { ClassificationEvaluation } from "../../evaluation/index.js";
import { addBackboneOptions, classifierOf, type BackboneOptions } from "../backbone-options.js";
import { withResult, type CommandResult } from "../command.js";
import { evaluationJson } from "../evaluation-result.js";
import { accuracyLine, countOf, problemLines } from "../text.js";
import { trainerOf, type Trainer, type TrainerOptions } from "../trainers.js";
import { fraction, notNegative, numberList, positive, rate, wholeNumber } from "../values.js";

interface TrainOptions extends BackboneOptions, TrainerOptions {
  readonly output: string;
  readonly dropout: number;
  readonly testSize: number;
  readonly testDir?: string;
}

/** `sightbook train`: from a folder of images to an evaluated classifier in a bundle. */
export function trainCommand(finish: (exitCode: number) => void): Command {
  const command = new Command("train")
    .description("Train a classifier on a folder root/<label>/<image>, evaluate it, and save it as a bundle.")
    .argument("<dir>", "folder with one folder of images for each label")
    .requiredOption("--output <bundle>", "folder, or file ending in .zip, to write")
    .addOption(
      new Option("--learner <kind>", "fine-tune the network, or train a linear learner on its features")
        .choices(["network", "svm", "logistic"])
        .default("network"),
    );
  addBackboneOptions(command)
    .addOption(
      new Option("--test-size <part>", "part of the images, stratified by label, to evaluate on")
        .argParser(fraction)
        .default(0.34)
        .conflicts("testDir"),
    )
    .option("--test-dir <dir>", "evaluate on this folder instead, and train on all of the first")
    .option("--batch-size <count>", "images in a step", wholeNumber(2), 32)
    .optionsGroup("Options of --learner network:")
    .option("--epochs <count>", "passes over the training images (default: 15)", wholeNumber(1))
    .option(
      "--learning-rate <rate>",
      "highest learning rate, or one for each epoch with commas between (default: 0.005; one-cycle: 0.02)",
      numberList,
    )
    .addOption(
      new Option("--schedule <kind>", "steps falls to a tenth and a hundredth, one-cycle warms up and decays")
        .choices(["steps", "one-cycle"])
        .default("steps"),
    )
    .option("--trainable <part>", "all, head, or the name of a stage: it learns with all above it", "all")
    .option("--dropout <rate>", "dropout before the head", rate, 0.5)
    .option("--l2 <factor>", "L2 regularisation", notNegative, 0.0005)
    .option("--nesterov", "Nesterov's form of momentum")
    .option("--random-crop", "crop training images at a random place instead of the middle")
    .option("--flip <probability>", "mirror training images left to right with this probability", rate)
    .option("--balanced", "show as many training images of each label, repeating those of rare ones")
    .option("--validation-size <part>", "part of the training images that chooses the best epoch", fraction)
    .option("--tensorboard <dir>", "write TensorBoard event files here")
    .option("--run-directory <dir>", "keep history and checkpoints here")
    .option("--resume", "go on from the last finished epoch in --run-directory")
    .optionsGroup("Options of --learner svm and logistic:")
    .option("--C <number>", "inverse strength of the regularisation", positive, 1);
  return withResult(command, train, finish);
}

async function train(dir: string, options: TrainOptions): Promise<CommandResult> {
  const { trainSet, testSet, labels, problems: datasetProblems } = await openSets(dir, options);
  const network = classifierOf(labels, options, { dropout: options.dropout });
  const trainer = trainerOf(network, options);
  const { classifier } = trainer;
  try {
    const startedAt = performance.now();
    const stopped = await fit(trainer, trainSet);
    const seconds = (performance.now() - startedAt) / 1000;
    const evaluation = await ClassificationEvaluation.run(classifier, testSet);
    const { accuracy, balancedAccuracy, size: testImages } = evaluation;
    const { report, confusionMatrix, accuracyInterval } = evaluationJson(evaluation, []);
    const metrics = { accuracy, accuracyInterval: accuracyInterval!, balancedAccuracy, testImages };
    await classifier.save(options.output, {
      metrics: { ...metrics, report: report!, confusionMatrix: confusionMatrix! },
    });
    const facts = trainer.facts(seconds);
    const problems = [...datasetProblems, ...classifier.problems, ...evaluation.problems];
    return {
      json: {
        ...metrics,
        ...facts,
        seconds,
        learner: options.learner,
        baseModel: options.baseModel,
        weights: { ...network.weightsProvenance! },
        labels,
        bundle: options.output,
        problems: problems.map(({ path, kind, message }) => ({ path, kind, message })),
        ...(stopped && { stopped: stopped.message }),
      },
      text: [
        ...problemLines(problems),
        `trained on ${countOf(facts.trainImages, "image")} in ${seconds.toFixed(1)} s ` +
          `(${facts.imagesPerSecond.toFixed(1)} images/s, ${facts.engine})`,
        `${accuracyLine(evaluation)} on ${countOf(testImages, "test image")}`,
        `bundle: ${options.output}`,
        ...(stopped ? [stopped.message] : []),
      ].join("\n"),
      ...(stopped && { exitCode: 130 }),
    };
  } finally {
    await network.dispose();
  }
}

/** The set to learn from and the set to be judged by. */
async function openSets(
  dir: string,
  { testDir, testSize, seed }: TrainOptions,
): Promise<{
  trainSet: ClassificationDataset;
  testSet: ClassificationDataset;
  labels: readonly string[];
  problems: ClassificationDataset["problems"];
}> {
  const dataset = await ClassificationDataset.fromDirectory(dir);
  const { labels, problems } = dataset;
  if (testDir !== undefined) {
    const testSet = await ClassificationDataset.fromDirectory(testDir, { labels });
    return { trainSet: dataset, testSet, labels, problems: [...problems, ...testSet.problems] };
  }
  const [trainSet, testSet] = dataset.split({ trainSize: 1 - testSize, stratify: "label", seed });
  return { trainSet, testSet, labels, problems };
}

/** Trains; a run that the user stopped counts if something was learned. */
async function fit(trainer: Trainer, trainSet: ClassificationDataset): Promise<CancelledError | undefined> {
  try {
    await trainer.fit(trainSet);
    return undefined;
  } catch (error) {
    if (error instanceof CancelledError && trainer.classifier.isTrained) return error;
    throw error;
  }
}
