import type { LabelledBatch } from "../engine/engine.js";
import type { ImageProblem, PixelLoader, Preprocessing, TrainingTransforms } from "../images/index.js";
import { Random } from "../random.js";
import type { TrainingBatches, ValidationBatches } from "./train.js";

/** Image files with the index of their label. */
export interface Examples {
  readonly paths: readonly string[];
  /** One for each path, each in `[0, labels)`. */
  readonly labelIndices: ArrayLike<number>;
  /** Number of labels. */
  readonly labels: number;
}

export interface ExampleBatchOptions {
  readonly batchSize: number;
  readonly preprocessing: Preprocessing;
  /** Called for each image that cannot be used, each time it is met. */
  readonly onProblem?: (problem: ImageProblem) => void;
}

/**
 * Which images an epoch shows: `"uniform"` each one once, `"balanced"` as many in all, but of every label the same
 * number, so that images of rare labels come several times and those of frequent ones in turn.
 */
export type Sampling = "uniform" | "balanced";

export interface TrainingBatchOptions extends ExampleBatchOptions {
  /** Random crops and flips. */
  readonly transforms?: TrainingTransforms | undefined;
  /** Default `"uniform"`. */
  readonly sampling?: Sampling | undefined;
  /** Order, crops and flips of every epoch follow from it. */
  readonly seed: number;
}

/** Batches for training: by default every image once an epoch, in an order drawn anew from seed and epoch. */
export function trainingBatches(
  loader: PixelLoader,
  examples: Examples,
  { transforms, sampling = "uniform", seed, ...options }: TrainingBatchOptions,
): TrainingBatches {
  const { paths } = examples;
  return {
    stepsPerEpoch: stepsPerEpoch(paths.length, options.batchSize),
    epoch: (epoch, signal) => {
      const random = epochRandom(seed, epoch);
      const all = random.shuffle([...paths.keys()]);
      const order = sampling === "balanced" ? random.shuffle(balanced(all, examples)) : all;
      return labelled(loader, examples, {
        ...options,
        order,
        random: random.fork(0),
        ...(transforms && { training: transforms }),
        ...(signal && { signal }),
      });
    },
  };
}

/** The same images batch by batch without anything random, for validation. */
export function validationBatches(
  loader: PixelLoader,
  examples: Examples,
  options: ExampleBatchOptions,
): ValidationBatches {
  return { batches: (signal) => labelled(loader, examples, { ...options, ...(signal && { signal }) }) };
}

/** As many indices as there are, the same number of each label that occurs, every label's images taken in turn. */
function balanced(shuffled: readonly number[], { labelIndices }: Examples): number[] {
  const byLabel = new Map<number, number[]>();
  for (const index of shuffled) {
    const own = byLabel.get(labelIndices[index]!);
    if (own === undefined) byLabel.set(labelIndices[index]!, [index]);
    else own.push(index);
  }
  const labels = [...byLabel.values()];
  return shuffled.map((_, place) => {
    const own = labels[place % labels.length]!;
    return own[Math.floor(place / labels.length) % own.length]!;
  });
}

/** A last batch of a single image is not trained on, since it has no variance. */
function stepsPerEpoch(images: number, batchSize: number): number {
  const steps = Math.ceil(images / batchSize);
  return steps > 1 && images % batchSize === 1 ? steps - 1 : Math.max(1, steps);
}

/** A stream of its own for each epoch, so that a resumed run meets the same batches. */
function epochRandom(seed: number, epoch: number): Random {
  return new Random(Math.imul(seed, 0x9e3779b1) ^ Math.imul(epoch, 0x85ebca6b));
}

async function* labelled(
  loader: PixelLoader,
  { paths, labelIndices, labels }: Examples,
  options: Parameters<PixelLoader["batches"]>[1],
): AsyncGenerator<LabelledBatch> {
  for await (const batch of loader.batches(paths, options)) {
    const targets = new Float32Array(batch.size * labels);
    batch.indices.forEach((index, row) => {
      targets[row * labels + labelIndices[index]!] = 1;
    });
    const { size, height, width, pixels } = batch;
    yield { size, height, width, pixels, targets };
  }
}
