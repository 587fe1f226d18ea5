import { join } from "node:path";

import { EventFileWriter } from "./event-file.js";
import type { EpochRecord } from "./history.js";
import type { BatchProgress } from "./progress.js";

/**
 * Writes a training run for TensorBoard: runs `train` and `validation` below one folder with the tags
 * `epoch_loss` and `epoch_accuracy` in both, as Keras names them, so that each chart shows both curves, and
 * `epoch_learning_rate`, `epoch_images_per_second`, `batch_loss` and `batch_learning_rate` in `train`.
 */
export class TensorBoardLog {
  readonly #folder: string;
  readonly #train: EventFileWriter;
  #validation: EventFileWriter | undefined;

  constructor(folder: string) {
    this.#folder = folder;
    this.#train = new EventFileWriter(join(folder, "train"));
  }

  /** @param step - Steps of the whole run finished before this one. */
  batch(step: number, progress: BatchProgress): void {
    this.#train.writeScalars(step, {
      batch_loss: progress.loss,
      batch_learning_rate: progress.learningRate,
    });
  }

  epoch(record: EpochRecord): void {
    this.#train.writeScalars(record.epoch, {
      epoch_loss: record.trainLoss,
      epoch_accuracy: record.trainAccuracy,
      epoch_learning_rate: record.learningRate,
      epoch_images_per_second: record.imagesPerSecond,
    });
    if (record.validationLoss === undefined || record.validationAccuracy === undefined) return;
    this.#validation ??= new EventFileWriter(join(this.#folder, "validation"));
    this.#validation.writeScalars(record.epoch, {
      epoch_loss: record.validationLoss,
      epoch_accuracy: record.validationAccuracy,
    });
  }

  close(): void {
    this.#train.close();
    this.#validation?.close();
  }
}
