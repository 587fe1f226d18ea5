import { ArgumentError } from "../errors.js";
import { Random } from "../random.js";

export interface SplitOptions {
  /**
   * Share of the images that go to the training set, in (0, 1). The training set gets `floor(trainSize * images)`,
   * the test set all others, as scikit-learn's `train_test_split(train_size=...)` counts. Default 0.75.
   */
  readonly trainSize?: number;
  /** `"label"` (the default): both sides have each label in the same proportion. `false`: at random. */
  readonly stratify?: "label" | false;
  /** The same seed gives the same split. Default 0. */
  readonly seed?: number;
}

const where = "ClassificationDataset.split";

/** One example to be split. */
export interface SplitItem {
  /** Index into the labels. */
  readonly labelIndex: number;
  /** Examples with the same group stay on the same side. */
  readonly group?: string | undefined;
}

/**
 * Decides which examples go to the training set.
 *
 * @param labels - Names of the labels, for messages.
 * @returns For each item, whether it is for training.
 * @throws {@link ArgumentError} when the request cannot be met.
 */
export function chooseTrain(
  items: readonly SplitItem[],
  labels: readonly string[],
  { trainSize = 0.75, stratify = "label", seed = 0 }: SplitOptions,
): boolean[] {
  if (!(trainSize > 0 && trainSize < 1)) {
    throw new ArgumentError(
      where,
      "trainSize",
      "a number in (0, 1)",
      trainSize,
      "Use 0.66 to train on two thirds.",
    );
  }
  if (!Number.isInteger(seed)) throw new ArgumentError(where, "seed", "a whole number", seed);
  if (items.length < 2) {
    throw new ArgumentError(where, "this dataset", "two images or more", `${items.length}`, "Add images.");
  }
  const trainCount = Math.floor(trainSize * items.length);
  const testCount = items.length - trainCount;
  if (trainCount === 0) {
    throw new ArgumentError(
      where,
      "trainSize",
      `at least ${roundUp(1 / items.length)} to train on one image of ${items.length}`,
      trainSize,
    );
  }
  const random = new Random(seed);
  const byGroup = items.some(({ group }) => group !== undefined);
  if (byGroup) return chooseGroups(items, labels, { trainCount, stratify, random });
  if (stratify === false) return choose(items.length, random.shuffle([...items.keys()]).slice(0, trainCount));

  const counts = countLabels(items, labels.length);
  checkStratified(counts, labels, { trainCount, testCount, trainSize });
  const trainCounts = approximateMode(counts, trainCount, random);
  const chosen: number[] = [];
  const members = labels.map((): number[] => []);
  items.forEach(({ labelIndex }, i) => members[labelIndex]!.push(i));
  for (const [labelIndex, count] of trainCounts.entries()) {
    for (const i of random.shuffle(members[labelIndex]!).slice(0, count)) chosen.push(i);
  }
  return choose(items.length, chosen);
}

function choose(length: number, chosen: readonly number[]): boolean[] {
  const isTrain = Array<boolean>(length).fill(false);
  for (const i of chosen) isTrain[i] = true;
  return isTrain;
}

function countLabels(items: readonly SplitItem[], labelCount: number): number[] {
  const counts = Array<number>(labelCount).fill(0);
  for (const { labelIndex } of items) counts[labelIndex]!++;
  return counts;
}

/** The same requests that scikit-learn refuses. Labels without any image ask for nothing. */
function checkStratified(
  counts: readonly number[],
  labels: readonly string[],
  { trainCount, testCount, trainSize }: { trainCount: number; testCount: number; trainSize: number },
): void {
  const single = counts.findIndex((count) => count === 1);
  if (single >= 0) {
    throw new ArgumentError(
      where,
      "stratify",
      "false where a label has fewer than 2 images",
      "label",
      `${JSON.stringify(labels[single])} has 1: add images of it, take the label out, or give stratify: false.`,
    );
  }
  const present = counts.filter((count) => count > 0).length;
  for (const [side, count] of [["train", trainCount] as const, ["test", testCount] as const]) {
    if (count >= present) continue;
    const share = side === "train" ? `at least ${roundUp(present / (trainCount + testCount))}` : "smaller";
    throw new ArgumentError(
      where,
      "trainSize",
      `${share}, so that the ${side} set has an image for each of the ${present} labels`,
      trainSize,
      `It would have ${count}: add images, or give stratify: false.`,
    );
  }
}

function roundUp(value: number): number {
  return Math.ceil(value * 100) / 100;
}

/**
 * How many of each label to draw so that the proportions are kept as well as whole numbers can: each share rounded
 * down, what is missing given to the largest remainders, ties drawn at random.
 *
 * @see scikit-learn, `sklearn.utils.extmath._approximate_mode`: the same counts, tie for tie but for the draw.
 */
export function approximateMode(counts: readonly number[], draws: number, random: Random): number[] {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const shares = counts.map((count) => (count / total) * draws); // in this order, for the same rounding
  const drawn = shares.map(Math.floor);
  let missing = draws - drawn.reduce((sum, count) => sum + count, 0);
  const remainders = shares.map((share, i) => share - drawn[i]!);
  for (const value of [...new Set(remainders)].sort((a, b) => b - a)) {
    if (missing === 0) break;
    const tied = [...counts.keys()].filter((i) => remainders[i] === value);
    for (const i of random.shuffle(tied).slice(0, missing)) {
      drawn[i]!++;
      missing--;
    }
  }
  return drawn;
}

/**
 * Whole groups to one side or the other: in random order but the largest first, each to the side that then is nearer
 * to the wanted counts (per label if stratified). With groups the wanted size is met only as nearly as they allow.
 */
function chooseGroups(
  items: readonly SplitItem[],
  labels: readonly string[],
  { trainCount, stratify, random }: { trainCount: number; stratify: "label" | false; random: Random },
): boolean[] {
  const groups = new Map<string, number[]>();
  items.forEach(({ group = "" }, i) => {
    const members = groups.get(group);
    if (members === undefined) groups.set(group, [i]);
    else members.push(i);
  });
  if (groups.size < 2) {
    throw new ArgumentError(
      where,
      "groupBy",
      "a function that gives two different groups or more",
      [...groups.keys()],
      "All images are of one group, which cannot be on both sides.",
    );
  }
  const columns = stratify === "label" ? labels.length : 1;
  const columnOf = (i: number): number => (stratify === "label" ? items[i]!.labelIndex : 0);
  const wanted = Array<number>(columns).fill(0);
  const rest = Array<number>(columns).fill(0);
  for (const i of items.keys()) {
    wanted[columnOf(i)]! += trainCount / items.length;
    rest[columnOf(i)]! += 1 - trainCount / items.length;
  }
  const isTrain = Array<boolean>(items.length).fill(false);
  const inOrder = random.shuffle([...groups.values()]).sort((a, b) => b.length - a.length);
  let trainGroups = 0;
  for (const [position, members] of inOrder.entries()) {
    const gain = (open: readonly number[]): number => {
      const left = [...open];
      for (const i of members) left[columnOf(i)]!--;
      return sumOfSquares(open) - sumOfSquares(left);
    };
    // Neither side may stay empty, whatever the counts say.
    const last = position === inOrder.length - 1;
    const mustTrain = last && trainGroups === 0;
    const mustTest = last && trainGroups === inOrder.length - 1;
    const toTrain = mustTrain || (!mustTest && gain(wanted) >= gain(rest));
    if (toTrain) trainGroups++;
    for (const i of members) {
      isTrain[i] = toTrain;
      (toTrain ? wanted : rest)[columnOf(i)]!--;
    }
  }
  return isTrain;
}

function sumOfSquares(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value * value, 0);
}
