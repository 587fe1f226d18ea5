import { parquetWriteBuffer } from "hyparquet-writer";

import type { Features, ImagePrediction } from "../classifiers/index.js";

type Schema = NonNullable<Parameters<typeof parquetWriteBuffer>[0]["schema"]>;

const text = (name: string, isOptional = false): Schema[number] => ({
  name,
  type: "BYTE_ARRAY",
  converted_type: "UTF8",
  repetition_type: isOptional ? "OPTIONAL" : "REQUIRED",
});

const optionalFloat = (name: string): Schema[number] => ({
  name,
  type: "FLOAT",
  repetition_type: "OPTIONAL",
});

/** The images that could not be read keep their row: a name for the kind of problem, and a sentence. */
const problemColumns = [text("problem_kind", true), text("problem", true)] as const;

/**
 * Predictions as a Parquet file: `path`, `label`, `score`, `problem_kind`, `problem`, and for each label a column
 * `score_<label>` with its probability.
 */
export function scoreTable(predictions: readonly ImagePrediction[], labels: readonly string[]): Uint8Array {
  const scoreColumns = labels.map((label) => optionalFloat(`score_${label}`));
  return parquet(
    [text("path"), text("label", true), optionalFloat("score"), ...problemColumns, ...scoreColumns],
    [
      predictions.map(({ path }) => path),
      predictions.map(({ label }) => label),
      predictions.map((prediction) => (prediction.label === undefined ? undefined : prediction.score)),
      predictions.map(({ problem }) => problem?.kind),
      predictions.map(({ problem }) => problem?.message),
      ...labels.map((label) =>
        predictions.map((prediction) =>
          prediction.label === undefined ? undefined : prediction.scores[label]!,
        ),
      ),
    ],
  );
}

/** Features as a Parquet file: `path`, `problem_kind`, `problem`, and `features`, a list of floats. */
export function featureTable(
  paths: readonly string[],
  { features, included, problems }: Features,
): Uint8Array {
  const { data, columns } = features;
  const rowOfImage = new Map(Array.from(included, (image, row) => [image, row]));
  const problemOf = new Map(problems.map((problem) => [problem.path, problem]));
  return parquet(
    [
      text("path"),
      ...problemColumns,
      { name: "features", converted_type: "LIST", repetition_type: "OPTIONAL", num_children: 1 },
      { name: "list", repetition_type: "REPEATED", num_children: 1 },
      { name: "element", type: "FLOAT", repetition_type: "REQUIRED" },
    ],
    [
      paths,
      paths.map((path) => problemOf.get(path)?.kind),
      paths.map((path) => problemOf.get(path)?.message),
      paths.map((_, image) => {
        const row = rowOfImage.get(image);
        return row === undefined ? undefined : Array.from(data.subarray(row * columns, (row + 1) * columns));
      }),
    ],
  );
}

function parquet(elements: Schema, columns: readonly (readonly unknown[])[]): Uint8Array {
  const isTop = (_: unknown, index: number): boolean => !["list", "element"].includes(elements[index]!.name);
  const top = elements.filter(isTop);
  const buffer = parquetWriteBuffer({
    schema: [{ name: "root", num_children: top.length }, ...elements],
    columnData: top.map(({ name }, column) => ({ name, data: [...columns[column]!] })),
    // One group: a reader that wants one column of a shard reads it in one piece.
    rowGroupSize: Math.max(1, columns[0]!.length),
    statistics: false,
    createdBy: "sightbook",
  });
  return new Uint8Array(buffer);
}
