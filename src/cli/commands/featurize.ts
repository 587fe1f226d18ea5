import { Command, InvalidArgumentError } from "commander";
import { extname } from "node:path";

import {
  loadClassifier,
  SvmClassifier,
  type Features,
  type ImageClassifier,
} from "../../classifiers/index.js";
import { ClassificationDataset } from "../../data/index.js";
import { writeFileAtomic } from "../../files.js";
import { addBackboneOptions, classifierOf, type BackboneOptions } from "../backbone-options.js";
import { withResult, type CommandResult } from "../command.js";
import { countOf, problemLines } from "../text.js";
import { wholeNumber } from "../values.js";

interface FeaturizeOptions extends BackboneOptions {
  readonly output: string;
  readonly bundle?: string;
  readonly batchSize: number;
}

/** `sightbook featurize`: what a network says about images before its head, for other programs. */
export function featurizeCommand(finish: (exitCode: number) => void): Command {
  const command = new Command("featurize")
    .description("Write the features of a folder of images root/<label>/<image> to a table.")
    .argument("<dir>", "folder with one folder of images for each label")
    .requiredOption(
      "--output <file>",
      ".csv with a header and path, label, f0, f1, ... in each row, or .npy with the features alone",
      tableName,
    )
    .option("--bundle <bundle>", "take the network of this bundle instead of --base-model")
    .option("--batch-size <count>", "images at once", wholeNumber(1), 32);
  addBackboneOptions(command);
  return withResult(command, featurize, finish);
}

async function featurize(dir: string, options: FeaturizeOptions): Promise<CommandResult> {
  const { output, batchSize } = options;
  const dataset = await ClassificationDataset.fromDirectory(dir);
  const network = await networkOf(dataset, options);
  try {
    const result = await network.featurize(dataset, { batchSize });
    const images = result.included.map((index) => dataset.images[index]!);
    await writeFileAtomic(output, isNumPy(output) ? npyOf(result) : csvOf(result, images));
    const problems = [...dataset.problems, ...result.problems];
    const { rows, columns } = result.features;
    return {
      json: {
        images: rows,
        features: columns,
        output,
        // In the order of the rows: a .npy file does not say which image a row is.
        paths: images.map(({ path }) => path),
        labels: images.map(({ labels }) => labels[0] ?? null),
        problems: problems.map(({ path, kind, message }) => ({ path, kind, message })),
      },
      text: [`${output}: ${columns} features of ${countOf(rows, "image")}`, ...problemLines(problems)].join(
        "\n",
      ),
    };
  } finally {
    await network.dispose();
  }
}

async function networkOf(
  dataset: ClassificationDataset,
  options: FeaturizeOptions,
): Promise<ImageClassifier> {
  if (options.bundle !== undefined) {
    const classifier = await loadClassifier(options.bundle);
    return classifier instanceof SvmClassifier ? classifier.model : classifier;
  }
  return classifierOf(dataset.labels, options);
}

function csvOf(
  { features }: Features,
  images: readonly { path: string; labels: readonly string[] }[],
): string {
  const { data, columns } = features;
  const header = ["path", "label", ...Array.from({ length: columns }, (_, column) => `f${column}`)];
  const rows = images.map(({ path, labels }, row) => {
    const values = Array.from(data.subarray(row * columns, (row + 1) * columns), String);
    return [quoted(path), quoted(labels[0] ?? ""), ...values].join(",");
  });
  return `${[header.join(","), ...rows].join("\n")}\n`;
}

/** A field of RFC 4180. */
function quoted(text: string): string {
  return /[",\r\n]/u.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** NumPy's format 1.0: float32, row-major. */
function npyOf({ features }: Features): Uint8Array {
  const { data, rows, columns } = features;
  const description = `{'descr': '<f4', 'fortran_order': False, 'shape': (${rows}, ${columns}), }`;
  const headerLength = Math.ceil((10 + description.length + 1) / 64) * 64 - 10;
  const header = Buffer.alloc(10 + headerLength, " ");
  header.write("\x93NUMPY\x01\x00", "latin1");
  header.writeUInt16LE(headerLength, 8);
  header.write(description, 10, "latin1");
  header[header.length - 1] = 0x0a;
  return Buffer.concat([header, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)]);
}

const isNumPy = (path: string): boolean => extname(path).toLowerCase() === ".npy";

function tableName(path: string): string {
  if (isNumPy(path) || extname(path).toLowerCase() === ".csv") return path;
  throw new InvalidArgumentError("It must end in .csv or .npy.");
}
