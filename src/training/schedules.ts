import { ArgumentError } from "../errors.js";

/** One learning rate per epoch; the epochs are as many as the rates. */
export interface StepSchedule {
  readonly kind: "steps";
  readonly learningRates: readonly number[];
}

/** One warm-up and one long decay over the whole run, step by step; made by {@link oneCycle}. */
export interface OneCycleSchedule {
  readonly kind: "oneCycle";
  readonly maxLearningRate: number;
  readonly epochs: number;
  readonly warmUpFraction: number;
  readonly initialDivisor: number;
  readonly finalDivisor: number;
}

/** How the learning rate moves through a training run: plain data, so that it can be stored with a model. */
export type LearningRateSchedule = StepSchedule | OneCycleSchedule;

export interface OneCycleOptions {
  /** The highest rate, reached at the end of the warm-up. */
  readonly maxLearningRate: number;
  readonly epochs: number;
  /** Part of all steps that goes into the warm-up, in (0, 1). Default 0.3. */
  readonly warmUpFraction?: number;
  /** The first step uses `maxLearningRate / initialDivisor`. Default 25. */
  readonly initialDivisor?: number;
  /** The last step uses `maxLearningRate / initialDivisor / finalDivisor`. Default 10,000. */
  readonly finalDivisor?: number;
}

/**
 * The default rates of `fit`: the schedule of the 2018 package this library succeeds, `0.005` for seven epochs,
 * `0.0005` for seven, `0.00005` for one.
 *
 * That package printed 0.05, 0.005 and 0.0005, for a momentum whose gradient enters with the factor 0.1; these
 * are the same steps in the classical form `v = momentum * v + g`, which `fit`, PyTorch and Keras use.
 *
 * @param epochs - Another number of epochs keeps the proportions 7 : 7 : 1.
 * @param learningRate - The first rate; the others are a tenth and a hundredth of it.
 */
export function defaultLearningRates(epochs = 15, learningRate = 0.005): number[] {
  requireEpochs("defaultLearningRates", epochs);
  requireRate("defaultLearningRates", "learningRate", learningRate);
  const last = epochs >= 3 ? Math.max(1, Math.round(epochs / 15)) : 0;
  const first = Math.ceil((epochs - last) / 2);
  return Array.from({ length: epochs }, (_, epoch) => {
    if (epoch < first) return learningRate;
    return epoch < epochs - last ? learningRate / 10 : learningRate / 100;
  });
}

/** A schedule of one rate per epoch: `steps([0.005, 0.005, 0.0005])` trains three epochs. */
export function steps(learningRates: readonly number[]): StepSchedule {
  if (learningRates.length === 0) {
    throw new ArgumentError("steps", "learningRates", "at least one number", learningRates);
  }
  for (const rate of learningRates) requireRate("steps", "learningRates", rate);
  return { kind: "steps", learningRates: [...learningRates] };
}

/**
 * The one-cycle schedule: a cosine from `maxLearningRate / 25` up to `maxLearningRate` over the first 30 % of all
 * steps, then a cosine down to nearly nothing. Step for step the numbers of PyTorch's `OneCycleLR` with two
 * phases; unlike there, momentum stays as it is.
 *
 * @see Smith and Topin, Super-Convergence: Very Fast Training of Neural Networks Using Large Learning Rates (2018).
 */
export function oneCycle(options: OneCycleOptions): OneCycleSchedule {
  const { maxLearningRate, epochs, warmUpFraction = 0.3, initialDivisor = 25, finalDivisor = 1e4 } = options;
  requireRate("oneCycle", "maxLearningRate", maxLearningRate);
  requireEpochs("oneCycle", epochs);
  if (!(warmUpFraction > 0 && warmUpFraction < 1)) {
    throw new ArgumentError("oneCycle", "warmUpFraction", "a number in (0, 1)", warmUpFraction);
  }
  if (!(initialDivisor >= 1)) {
    throw new ArgumentError("oneCycle", "initialDivisor", "a number from 1", initialDivisor);
  }
  if (!(finalDivisor >= 1)) {
    throw new ArgumentError("oneCycle", "finalDivisor", "a number from 1", finalDivisor);
  }
  return { kind: "oneCycle", maxLearningRate, epochs, warmUpFraction, initialDivisor, finalDivisor };
}

/** Number of epochs that a schedule describes. */
export function epochsOf(schedule: LearningRateSchedule): number {
  return schedule.kind === "steps" ? schedule.learningRates.length : schedule.epochs;
}

/**
 * The learning rate of one step.
 *
 * @param step - Steps taken before this one in the whole run, from 0.
 * @param stepsPerEpoch - Batches in an epoch.
 */
export function learningRateAt(schedule: LearningRateSchedule, step: number, stepsPerEpoch: number): number {
  if (schedule.kind === "steps") {
    const epoch = Math.min(Math.floor(step / stepsPerEpoch), schedule.learningRates.length - 1);
    return schedule.learningRates[epoch]!;
  }
  const { maxLearningRate, initialDivisor, finalDivisor, warmUpFraction } = schedule;
  const totalSteps = schedule.epochs * stepsPerEpoch;
  const initial = maxLearningRate / initialDivisor;
  const peak = warmUpFraction * totalSteps - 1;
  if (step <= peak) return cosine(initial, maxLearningRate, peak === 0 ? 1 : step / peak);
  const end = totalSteps - 1;
  return cosine(maxLearningRate, initial / finalDivisor, Math.min((step - peak) / (end - peak), 1));
}

/** From `start` (fraction 0) to `end` (fraction 1) along half a cosine. */
function cosine(start: number, end: number, fraction: number): number {
  return end + ((start - end) / 2) * (1 + Math.cos(Math.PI * fraction));
}

function requireRate(where: string, argument: string, rate: number): void {
  if (!(Number.isFinite(rate) && rate >= 0)) {
    throw new ArgumentError(where, argument, "finite and not negative", rate);
  }
}

function requireEpochs(where: string, epochs: number): void {
  if (!Number.isInteger(epochs) || epochs < 1) {
    throw new ArgumentError(where, "epochs", "a whole number from 1", epochs);
  }
}
