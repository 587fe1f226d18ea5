import { Command, Option } from "commander";

import { batch, runWorker } from "../../batch/index.js";
import { toJson } from "../../export/index.js";
import { withResult, type CommandResult } from "../command.js";
import { executorNames, executorOf, type ExecutorChoice } from "../executors.js";
import { StatusLine } from "../status-line.js";
import { positive, wholeNumber } from "../values.js";

interface BatchOptions extends ExecutorChoice {
  readonly output: string;
  readonly featurize?: true;
  readonly shardSize: number;
  readonly batchSize: number;
}

/** `sightbook batch`: scores or featurises any number of images, and goes on where it was killed. */
export function batchCommand(finish: (exitCode: number) => void): Command {
  const command = new Command("batch")
    .description(
      "Score any number of images in shards, one Parquet file each. Run again, it goes on where it was interrupted or killed.",
    )
    .argument("<bundle>", "folder or .zip that train wrote")
    .argument("<images>", "folder of images at any depth, or a text file with a path on each line")
    .requiredOption("--output <run>", "folder of the run: results/*.parquet, summary.json")
    .option("--featurize", "write the network's features instead of labels and scores")
    .option("--shard-size <count>", "images in a shard", wholeNumber(1), 1000)
    .option("--batch-size <count>", "images scored at once", wholeNumber(1), 32)
    .optionsGroup("Where the shards are run:")
    .addOption(
      new Option("--executor <place>", "processes, containers or pods")
        .choices(executorNames)
        .default("local"),
    )
    .option(
      "--workers <count>",
      "shards at a time (default: one for two cores; in a cluster 4)",
      wholeNumber(1),
    )
    .option(
      "--attempts <count>",
      "how often a shard is tried whose worker fails (default: 3)",
      wholeNumber(1),
    )
    .optionsGroup("With --executor docker or kubernetes:")
    .option("--cpus <count>", "cores of each worker, such as 1.5", positive)
    .option("--memory <quantity>", "memory of each worker, such as 2Gi; one that needs more is killed")
    .option("--image <name>", "a Sightbook image that is there (default: it is built)")
    .optionsGroup("With --executor kubernetes:")
    .option(
      "--run-volume <place>",
      "where pods find <run>: claim:<name>[/<path>], nfs:<server>:/<path>, host:/<path>",
    )
    .option("--images-volume <place>", "where pods find the folder of all images, in the same form")
    .option(
      "--repository <name>",
      "where the image is pushed to, such as registry.example.org/team/sightbook",
    )
    .option("--image-pull-secret <name>", "with which nodes pull the image")
    .option("--context <name>", "of the kubeconfig (default: the current one)")
    .option("--namespace <name>", "default: that of the context");
  return withResult(command, runBatch, finish);
}

async function runBatch(bundle: string, images: string, options: BatchOptions): Promise<CommandResult> {
  const { output, featurize, shardSize, batchSize } = options;
  const status = new StatusLine();
  const started = Date.now();
  let doneBefore: number | undefined;
  try {
    const summary = await batch({
      bundle,
      images,
      output,
      task: featurize ? "featurize" : "score",
      shardSize,
      batchSize,
      executor: executorOf(options),
      onProgress: ({ done, total, finishedShards, shards, note }) => {
        doneBefore ??= done;
        const rate = (1000 * (done - doneBefore)) / Math.max(1, Date.now() - started);
        status.show(
          `${done} of ${total} images, ${finishedShards} of ${shards} shards, ${rate.toFixed(1)} images/s` +
            (note && `; ${note}`),
        );
      },
    });
    return { json: toJson(summary.toJSON()) as CommandResult["json"], text: summary.toString() };
  } finally {
    status.clear();
  }
}

/** `sightbook batch-worker`: one shard of a run; executors start it with JOB_COMPLETION_INDEX set. */
export function batchWorkerCommand(finish: (exitCode: number) => void): Command {
  return new Command("batch-worker")
    .description(
      "Do the shard of a batch run that JOB_COMPLETION_INDEX names. Exit codes: 0 finished, 1 failed, " +
        "2 can never be done, 130 asked to end.",
    )
    .argument("<run>", "folder of the run")
    .option("--images <dir>", "where the images are, when not where the run was made")
    .action(async (run: string, { images }: { readonly images?: string }) => {
      finish(await runWorker(run, images));
    });
}
