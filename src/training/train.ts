import type { ImageBatch, LabelledBatch, StepResult, TrainingSession } from "../engine/engine.js";
import type { Weights } from "../networks/network.js";

import { ArgumentError, CancelledError, SightbookError } from "../errors.js";
import { bestEpochOf, isBetterEpoch, type EpochRecord } from "./history.js";
import type { BatchProgress } from "./progress.js";
import { epochsOf, learningRateAt, type LearningRateSchedule } from "./schedules.js";

/** Batches of labelled images, epoch after epoch. */
export interface TrainingBatches {
  /** Batches in an epoch when every image can be read; sets the pace of the schedule. */
  readonly stepsPerEpoch: number;
  /**
   * The batches of one epoch in their random order.
   *
   * @param epoch - From 1; the same epoch of the same seed gives the same batches, so that a run can resume.
   */
  epoch(epoch: number, signal?: AbortSignal): AsyncIterable<LabelledBatch>;
}

/** Labelled images that are only looked at, always in the same order. */
export interface ValidationBatches {
  batches(signal?: AbortSignal): AsyncIterable<LabelledBatch>;
}

export interface TrainOptions {
  readonly schedule: LearningRateSchedule;
  readonly validation?: ValidationBatches | undefined;
  /** Ends with the weights of the best epoch (see {@link isBetterEpoch}) instead of the last one. Default true. */
  readonly restoreBest?: boolean;
  readonly signal?: AbortSignal | undefined;
  /** Epochs finished earlier: training goes on after them. */
  readonly finished?: FinishedEpochs | undefined;
  readonly onBatch?: ((progress: BatchProgress) => void) | undefined;
  /**
   * After each epoch. The run waits for a promise.
   *
   * @param best - Whether this epoch is the best so far.
   */
  readonly onEpoch?: ((record: EpochRecord, best: boolean) => void | Promise<void>) | undefined;
}

/** Where a resumed run stands; its session starts with the last epoch's weights. */
export interface FinishedEpochs {
  readonly history: readonly EpochRecord[];
  /** Weights of the best epoch; absent when that is the last one or there is no validation data. */
  readonly bestWeights?: Weights | undefined;
}

export interface TrainingResult {
  readonly history: readonly EpochRecord[];
  /** Epoch whose weights were kept, from 1; 0 when not even one was finished. */
  readonly keptEpoch: number;
  /** The weights that were kept. */
  readonly weights: Weights;
  /** Why the run ended early; absent when it went through. */
  readonly stopped?: SightbookError;
}

/**
 * Trains a session through a schedule.
 *
 * A cancelled or diverged run ends like a full one, with what it had learned: the best finished epoch under
 * `restoreBest` with validation data, else the weights as they stand (diverged: those of the last finished epoch).
 * `stopped` then says why, so that the caller can keep the weights before it raises it.
 */
export async function train(
  session: TrainingSession,
  training: TrainingBatches,
  options: TrainOptions,
): Promise<TrainingResult> {
  const { schedule, validation, restoreBest = true, signal, finished, onBatch, onEpoch } = options;
  const epochs = epochsOf(schedule);
  const { stepsPerEpoch } = training;
  const history = [...(finished?.history ?? [])];
  const chooseBest = restoreBest && validation !== undefined;
  let best = bestEpochOf(history);
  // The best epoch, or without a choice the last finished one, in case the next diverges.
  let kept = {
    epoch: chooseBest ? (best?.epoch ?? 0) : history.length,
    weights: finished?.bestWeights ?? (await session.readWeights()),
  };

  const oneEpoch = async (epoch: number): Promise<void> => {
    const startedAt = performance.now();
    const trained = await trainEpoch(session, training, { epoch, epochs, schedule, signal, onBatch });
    const validated = validation && (await validate(session, validation, signal));
    const record: EpochRecord = {
      epoch,
      learningRate: learningRateAt(schedule, epoch * stepsPerEpoch - 1, stepsPerEpoch),
      trainLoss: trained.loss / trained.images,
      trainAccuracy: trained.right / trained.images,
      ...(validated && { validationLoss: validated.loss, validationAccuracy: validated.accuracy }),
      imagesPerSecond: trained.images / trained.seconds,
      seconds: (performance.now() - startedAt) / 1000,
      images: trained.images,
    };
    const better = isBetterEpoch(record, best);
    if (better) best = record;
    if (better || !chooseBest) kept = { epoch, weights: await session.readWeights() };
    history.push(record);
    await onEpoch?.(record, better);
  };

  try {
    for (let epoch = history.length + 1; epoch <= epochs; epoch++) await oneEpoch(epoch);
  } catch (error) {
    if (error instanceof DivergedError)
      return { history, keptEpoch: kept.epoch, weights: kept.weights, stopped: error };
    if (!(error instanceof CancelledError) && signal?.aborted !== true) throw error;
    if (!chooseBest || history.length === 0) {
      kept = { epoch: history.length, weights: await session.readWeights() };
    }
    const stopped = new CancelledError(
      `ImageClassifier.fit: cancelled after ${history.length} of ${epochs} epochs; the model keeps what it had learned, and another fit goes on from there.`,
    );
    return { history, keptEpoch: kept.epoch, weights: kept.weights, stopped };
  }
  return { history, keptEpoch: kept.epoch, weights: kept.weights };
}

/** Training whose loss is no number any more. */
class DivergedError extends SightbookError {}

interface EpochTotals {
  images: number;
  right: number;
  /** Sum over images. */
  loss: number;
  seconds: number;
}

interface EpochOptions {
  readonly epoch: number;
  readonly epochs: number;
  readonly schedule: LearningRateSchedule;
  readonly signal: AbortSignal | undefined;
  readonly onBatch: TrainOptions["onBatch"];
}

async function trainEpoch(
  session: TrainingSession,
  training: TrainingBatches,
  { epoch, epochs, schedule, signal, onBatch }: EpochOptions,
): Promise<EpochTotals> {
  const { stepsPerEpoch } = training;
  const totals: EpochTotals = { images: 0, right: 0, loss: 0, seconds: 0 };
  const startedAt = performance.now();
  let step = 0;
  for await (const batch of ahead(training.epoch(epoch, signal))) {
    if (signal?.aborted) throw new CancelledError("ImageClassifier.fit: cancelled");
    // A single example has no variance for batch norm to learn from.
    if (batch.size < 2) continue;
    const learningRate = learningRateAt(schedule, (epoch - 1) * stepsPerEpoch + step, stepsPerEpoch);
    const result = await session.trainStep(batch, learningRate);
    if (!Number.isFinite(result.loss)) {
      throw new DivergedError(
        `ImageClassifier.fit: the loss became ${result.loss} in step ${step + 1} of epoch ${epoch} at learning rate ${learningRate}; ` +
          "train again with a learning rate ten times smaller.",
      );
    }
    step += 1;
    totals.images += batch.size;
    totals.loss += result.loss * batch.size;
    totals.right += countRight(result, batch);
    totals.seconds = (performance.now() - startedAt) / 1000;
    onBatch?.({
      epoch,
      epochs,
      step,
      stepsPerEpoch,
      learningRate,
      loss: result.loss,
      meanLoss: totals.loss / totals.images,
      accuracy: totals.right / totals.images,
      imagesPerSecond: totals.images / totals.seconds,
    });
  }
  if (step === 0) {
    throw new ArgumentError(
      "ImageClassifier.fit",
      "trainSet",
      "at least two images that can be read",
      totals.images,
    );
  }
  return totals;
}

/** Mean loss and accuracy in evaluation mode. */
async function validate(
  session: TrainingSession,
  validation: ValidationBatches,
  signal: AbortSignal | undefined,
): Promise<{ loss: number; accuracy: number }> {
  let images = 0;
  let right = 0;
  let loss = 0;
  for await (const batch of ahead(validation.batches(signal))) {
    if (signal?.aborted) throw new CancelledError("ImageClassifier.fit: cancelled");
    const logits = await session.predict(batch);
    images += batch.size;
    right += countRight({ logits }, batch);
    loss += crossEntropySum(logits, batch);
  }
  if (images === 0) {
    throw new ArgumentError(
      "ImageClassifier.fit",
      "validationData",
      "at least one image that can be read",
      0,
    );
  }
  return { loss: loss / images, accuracy: right / images };
}

function countRight({ logits }: Pick<StepResult, "logits">, batch: LabelledBatch): number {
  const labels = batch.targets.length / batch.size;
  let right = 0;
  for (let row = 0; row < batch.size; row++) {
    const from = row * labels;
    if (indexOfLargest(logits, from, labels) === indexOfLargest(batch.targets, from, labels)) right += 1;
  }
  return right;
}

/** Cross-entropy of a batch in nats, summed over its examples. */
function crossEntropySum(logits: Float32Array, batch: LabelledBatch): number {
  const labels = batch.targets.length / batch.size;
  let sum = 0;
  for (let row = 0; row < batch.size; row++) {
    const from = row * labels;
    const largest = logits[from + indexOfLargest(logits, from, labels)]!;
    let partition = 0;
    for (let label = 0; label < labels; label++) partition += Math.exp(logits[from + label]! - largest);
    for (let label = 0; label < labels; label++) {
      const target = batch.targets[from + label]!;
      if (target > 0) sum += target * (Math.log(partition) - (logits[from + label]! - largest));
    }
  }
  return sum;
}

function indexOfLargest(values: Float32Array, from: number, count: number): number {
  let largest = 0;
  for (let i = 1; i < count; i++) if (values[from + i]! > values[from + largest]!) largest = i;
  return largest;
}

function reportedLater(): void {
  // The same promise is awaited when its turn comes, and throws then.
}

/** The same batches, each asked for while its predecessor is in use, so that pixels are ready when a step ends. */
async function* ahead<T extends ImageBatch>(batches: AsyncIterable<T>): AsyncGenerator<T> {
  const iterator = batches[Symbol.asyncIterator]();
  let next = iterator.next();
  next.catch(reportedLater);
  try {
    for (;;) {
      const result = await next;
      if (result.done === true) return;
      next = iterator.next();
      next.catch(reportedLater);
      yield result.value;
    }
  } finally {
    await iterator.return?.();
  }
}
