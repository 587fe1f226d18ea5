import type { ImageProblem, LabelledImages } from "../evaluation/index.js";
import type { Examples } from "../training/index.js";

import { ArgumentError } from "../errors.js";
import { Random } from "../random.js";

/** The labelled images of a set, ready for training, and those that carry no label. */
export interface CollectedExamples extends Examples {
  readonly unlabelled: readonly ImageProblem[];
}

/**
 * Matches a set's images with a classifier's labels, by name.
 *
 * @throws {@link ArgumentError} when an image has a label that the classifier does not know, or none is labelled.
 */
export function collectExamples(
  where: string,
  argument: string,
  labels: readonly string[],
  set: LabelledImages,
): CollectedExamples {
  const indexByName = new Map(labels.map((name, index) => [name, index]));
  const paths: string[] = [];
  const labelIndices: number[] = [];
  const unlabelled: ImageProblem[] = [];
  for (const image of set.images) {
    const label = image.labels[0];
    if (label === undefined) {
      const message = `${image.path}: it has no label.`;
      unlabelled.push({ path: image.path, kind: "unlabelled", message });
      continue;
    }
    const index = indexByName.get(label);
    if (index === undefined) {
      throw new ArgumentError(
        where,
        argument,
        `labelled with the classifier's labels (${labels.map((name) => JSON.stringify(name)).join(", ")})`,
        `${label} for ${image.path}`,
        "Give the classifier all labels of the dataset, or leave the image out.",
      );
    }
    paths.push(image.path);
    labelIndices.push(index);
  }
  if (paths.length === 0) {
    throw new ArgumentError(where, argument, "of at least one labelled image", `${set.images.length} images`);
  }
  return { paths, labelIndices, labels: labels.length, unlabelled };
}

/**
 * Holds out a part of the examples for validation, stratified by label: of each label its share rounded, at least one
 * and never all.
 *
 * @throws {@link ArgumentError} when some label has a single example only.
 */
export function holdOut(
  where: string,
  examples: Examples,
  validationSize: number,
  seed: number,
): { training: Examples; validation: Examples } {
  const byLabel = new Map<number, number[]>();
  examples.paths.forEach((_, index) => {
    const label = examples.labelIndices[index]!;
    const indices = byLabel.get(label);
    if (indices === undefined) byLabel.set(label, [index]);
    else indices.push(index);
  });
  const random = new Random(seed);
  const held = new Set<number>();
  for (const [label, indices] of [...byLabel].sort(([a], [b]) => a - b)) {
    if (indices.length < 2) {
      throw new ArgumentError(
        where,
        "validationSize",
        `used with two or more images of each label, and label ${label} has one`,
        validationSize,
        "Add images, or leave validationSize out.",
      );
    }
    const count = Math.min(indices.length - 1, Math.max(1, Math.round(indices.length * validationSize)));
    for (const index of random.shuffle(indices).slice(0, count)) held.add(index);
  }
  const part = (isHeld: boolean): Examples => {
    const indices = [...examples.paths.keys()].filter((index) => held.has(index) === isHeld);
    return {
      paths: indices.map((index) => examples.paths[index]!),
      labelIndices: indices.map((index) => examples.labelIndices[index]!),
      labels: examples.labels,
    };
  };
  return { training: part(false), validation: part(true) };
}
