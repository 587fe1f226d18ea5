/** What one epoch of training did. */
export interface EpochRecord {
  /** From 1. */
  readonly epoch: number;
  /** Learning rate of the epoch's last step. */
  readonly learningRate: number;
  /** Mean cross-entropy over the epoch's steps in nats, each before its update, without the L2 term. */
  readonly trainLoss: number;
  /** Part of the training images whose highest score was their label, measured on the way (dropout on, weights moving). */
  readonly trainAccuracy: number;
  /** Mean cross-entropy of the validation images after the epoch; absent without validation data. */
  readonly validationLoss?: number;
  /** Part of the validation images that were right after the epoch; absent without validation data. */
  readonly validationAccuracy?: number;
  /** Training images per second while steps ran; validation and checkpoints are not counted. */
  readonly imagesPerSecond: number;
  /** Seconds that the epoch took, validation included. */
  readonly seconds: number;
  /** Images trained on; unreadable ones are not among them. */
  readonly images: number;
}

/** One record per finished epoch, in order. */
export type TrainingHistory = readonly EpochRecord[];

/** Whether `candidate` is better than `best`: higher validation accuracy, then lower validation loss. */
export function isBetterEpoch(candidate: EpochRecord, best: EpochRecord | undefined): boolean {
  if (best === undefined) return true;
  if (candidate.validationAccuracy === undefined || best.validationAccuracy === undefined) return true;
  if (candidate.validationAccuracy !== best.validationAccuracy) {
    return candidate.validationAccuracy > best.validationAccuracy;
  }
  return (candidate.validationLoss ?? Infinity) < (best.validationLoss ?? Infinity);
}

/** The best epoch of a history; without validation data the last one; `undefined` before the first. */
export function bestEpochOf(history: TrainingHistory): EpochRecord | undefined {
  let best: EpochRecord | undefined;
  for (const record of history) if (isBetterEpoch(record, best)) best = record;
  return best;
}

/** The progress line of an epoch: what `fit` prints. */
export function formatEpoch(record: EpochRecord, epochs: number): string {
  const width = String(epochs).length;
  const parts = [
    `epoch ${String(record.epoch).padStart(width)}/${epochs}`,
    `loss ${record.trainLoss.toFixed(4)}`,
    `training accuracy ${record.trainAccuracy.toFixed(3)}`,
  ];
  if (record.validationLoss !== undefined) parts.push(`validation loss ${record.validationLoss.toFixed(4)}`);
  if (record.validationAccuracy !== undefined) {
    parts.push(`validation accuracy ${record.validationAccuracy.toFixed(3)}`);
  }
  parts.push(`${record.imagesPerSecond.toFixed(1)} images/s`, `${record.seconds.toFixed(1)} s`);
  return parts.join("  ");
}
