import { Command, Option } from "commander";

import { ClassificationDataset } from "../../data/index.js";
import { withResult, type CommandResult } from "../command.js";
import { problemLines } from "../text.js";

/** `sightbook describe`: what is in a folder of images. */
export function describeCommand(finish: (exitCode: number) => void): Command {
  const command = new Command("describe")
    .description(
      "Count the images of each label in a folder root/<label>/<image> and name those that cannot be used.",
    )
    .argument("<dir>", "folder with one folder of images for each label")
    .addOption(
      new Option(
        "--check <how>",
        "decode every image, look at headers only, or decode while that takes seconds",
      )
        .choices(["auto", "headers", "decode"])
        .default("auto"),
    );
  return withResult(command, describe, finish);
}

async function describe(
  dir: string,
  { check }: { readonly check: "auto" | "headers" | "decode" },
): Promise<CommandResult> {
  const dataset = await ClassificationDataset.fromDirectory(dir, { check });
  const counts = new Map(dataset.labels.map((label) => [label, 0]));
  for (const { labels } of dataset.images) {
    for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  const problems = dataset.problems.map(({ path, kind, message }) => ({ path, kind, message }));
  const width = Math.max(0, ...[...counts.keys()].map((label) => label.length));
  return {
    json: { images: dataset.size, labels: Object.fromEntries(counts), problems },
    text: [
      `${dataset.size} images, ${counts.size} labels`,
      ...[...counts].map(([label, count]) => `  ${label.padEnd(width)}  ${count}`),
      ...problemLines(problems),
    ].join("\n"),
  };
}
