import type { JsonObject } from "../../kernel/index.js";
import { display } from "../../src/display.js";
import { plots, type BatchProgress, type EpochRecord } from "../../src/index.js";
import {
  formatEpoch,
  type ImagesProgress,
  type ProgressOutcome,
  type ProgressReporter,
  type ProgressStart,
} from "../../src/training/index.js";
import type { MonitorBar, MonitorChart, MonitorTable } from "../state/index.js";
import { Monitor, type MonitorContent } from "./monitor.js";
import { RunningLoss } from "./running-loss.js";

/**
 * Shows a training below its cell: how far it is, the time left, loss and accuracy as they develop, and a button that
 * stops it with the best weights. `fit` opens one by itself in a notebook.
 *
 * @example
 * await model.fit(trainSet, { reporter: new TrainingMonitor() });
 */
export class TrainingMonitor implements ProgressReporter {
  readonly #history: EpochRecord[] = [];
  readonly #lines: string[] = [];
  readonly #notes: string[] = [];
  readonly #facts = new Map<string, string>();
  readonly #batchLoss = new RunningLoss();
  #monitor: Monitor | undefined;
  #title = "";
  #epochs = 0;
  #bestEpoch: number | undefined;
  #trainingSince: number | undefined;
  #imagesSince: { readonly done: number; readonly at: number } | undefined;
  #ended = false;

  start({ name = "Training", title, epochs = 0, stop }: ProgressStart): void {
    this.#title = title;
    this.#epochs = epochs;
    const bars: MonitorBar[] =
      epochs > 0
        ? [epochBar(0, epochs), { name: "Batch", done: 0, total: 1, text: "not begun" }]
        : [{ name: "Images", done: 0, total: 1, text: "not begun" }];
    const content: MonitorContent = {
      region: name,
      title,
      message: "Starting",
      stopMessage: "Stopping after this step",
      bars,
      facts: [],
      charts: epochs > 0 ? this.#charts() : [],
      table: { columns: [], rows: [] },
      notes: [],
      secondsLeft: null,
    };
    this.#monitor = new Monitor(
      content,
      this.#fallback("It was starting when this notebook was saved."),
      stop,
    );
  }

  stage(text: string): void {
    this.#monitor?.update({ message: text });
  }

  fact(name: string, value: string): void {
    this.#facts.set(name, value);
    this.#monitor?.update({ facts: [...this.#facts] });
  }

  note(text: string): void {
    this.#notes.push(text);
    this.#lines.push(text);
    this.#monitor?.update({ notes: [...this.#notes] });
  }

  batch(progress: BatchProgress): void {
    const { epoch, epochs, step, stepsPerEpoch, learningRate, imagesPerSecond } = progress;
    this.#trainingSince ??= performance.now();
    const epochsDone = epoch - 1 + step / stepsPerEpoch;
    this.#batchLoss.add(epochsDone, progress.loss);
    this.#facts.set("Learning rate", String(Number(learningRate.toPrecision(3))));
    this.#facts.set("Images per second", imagesPerSecond.toFixed(1));
    this.#monitor?.update({
      message: `Training epoch ${epoch} of ${epochs}`,
      bars: [
        epochBar(epochsDone, epochs, epoch),
        { name: "Batch", done: step, total: stepsPerEpoch, text: `${step} of ${stepsPerEpoch}` },
      ],
      facts: [...this.#facts],
      charts: this.#charts(),
      secondsLeft: this.#secondsLeft(epochsDone),
    });
  }

  epoch(record: EpochRecord, epochs: number, best = false): void {
    this.#history.push(record);
    this.#lines.push(formatEpoch(record, epochs));
    if (best && record.validationAccuracy !== undefined) this.#bestEpoch = record.epoch;
    this.#monitor?.update({ charts: this.#charts(), table: epochTable(this.#history) });
    this.#monitor?.updateStatic(this.#fallback("It was still running when this notebook was saved."));
  }

  images({ done, total }: ImagesProgress): void {
    const now = performance.now();
    this.#imagesSince ??= { done, at: now };
    const secondsPerImage = (now - this.#imagesSince.at) / 1000 / (done - this.#imagesSince.done);
    this.#monitor?.update({
      bars: [{ name: "Images", done, total, text: `${done} of ${total}` }],
      secondsLeft: done > this.#imagesSince.done ? secondsPerImage * (total - done) : null,
    });
    this.#monitor?.updateStatic(this.#fallback(`${done} of ${total} images when this notebook was saved.`));
  }

  end({ outcome, message, keptEpoch }: ProgressOutcome): void {
    const monitor = this.#monitor;
    if (monitor === undefined) return;
    this.#ended = true;
    const isKept = keptEpoch !== undefined && keptEpoch > 0;
    const values = {
      message,
      charts: this.#epochs > 0 ? this.#charts(isKept ? keptEpoch : undefined) : [],
      table: epochTable(this.#history),
    };
    void monitor.end(outcome, values, this.#finalPicture(message, keptEpoch));
  }

  close(): void {
    // The monitor has ended with the outcome; there is nothing to tidy.
  }

  #secondsLeft(epochsDone: number): number | null {
    const { length } = this.#history;
    if (this.#trainingSince === undefined) return null;
    // Whole epochs tell the time of validation too.
    if (length > 0) {
      const seconds = this.#history.reduce((sum, record) => sum + record.seconds, 0) / length;
      return seconds * Math.max(0, this.#epochs - epochsDone);
    }
    const seconds = (performance.now() - this.#trainingSince) / 1000;
    return seconds < 1 ? null : (seconds / epochsDone) * (this.#epochs - epochsDone);
  }

  #charts(best = this.#bestEpoch): MonitorChart[] {
    const history = this.#history;
    const x = history.map(({ epoch }) => epoch);
    const hasValidation = history.some(({ validationLoss }) => validationLoss !== undefined);
    const shared = {
      xTitle: "Epoch",
      xDomain: [0, this.#lastEpochShown()] as const,
      ...(best !== undefined && { mark: { x: best, text: `best epoch ${best}` } }),
    };
    const line = (name: string, value: (record: EpochRecord) => number | undefined) => ({
      name,
      x,
      y: history.map((record) => short(value(record))),
    });
    return [
      {
        ...shared,
        title: "Loss",
        lines: [
          { name: "batches", ...this.#batchLoss.line(), faint: true },
          line("training", ({ trainLoss }) => trainLoss),
          ...(hasValidation ? [line("validation", ({ validationLoss }) => validationLoss)] : []),
        ],
      },
      {
        ...shared,
        title: "Accuracy",
        yMax: 1,
        lines: [
          line("training", ({ trainAccuracy }) => trainAccuracy),
          ...(hasValidation ? [line("validation", ({ validationAccuracy }) => validationAccuracy)] : []),
        ],
      },
    ];
  }

  /** A long training is not drawn into the first pixels of its axis: the axis grows with it. */
  #lastEpochShown(): number {
    const { length } = this.#history;
    if (this.#ended) return Math.max(1, length, Math.ceil(this.#batchLoss.end));
    const room = [10, 20, 50, 100, 200, 500, 1000].find((epochs) => epochs > 1.2 * length) ?? Infinity;
    return Math.max(1, Math.min(this.#epochs, room));
  }

  /** How far it is in words, for a notebook that is saved meanwhile. */
  #fallback(message: string): JsonObject {
    const text = [...this.#lines, message].join("\n");
    return {
      "text/html": `<b>${escapeHtml(this.#title)}</b><pre>${escapeHtml(text)}</pre>`,
      "text/plain": `${this.#title}\n${text}`,
    };
  }

  /** The picture that a saved notebook keeps. */
  async #finalPicture(message: string, keptEpoch: number | undefined): Promise<JsonObject> {
    const text = this.#fallback(message);
    if (this.#history.length === 0) return text;
    const plot = plots.trainingHistory(this.#history, {
      title: this.#title,
      ...(keptEpoch !== undefined && keptEpoch > 0 && { bestEpoch: keptEpoch }),
    });
    const { "image/svg+xml": svg, "image/png": png } = (await plot[display]()) as JsonObject;
    return { "image/svg+xml": svg, "image/png": png, "text/plain": text["text/plain"] };
  }
}

function epochBar(done: number, epochs: number, epoch?: number): MonitorBar {
  return {
    name: "Epoch",
    done,
    total: epochs,
    text: epoch === undefined ? "not begun" : `${epoch} of ${epochs}`,
  };
}

function epochTable(history: readonly EpochRecord[]): MonitorTable {
  const hasValidation = history.some(({ validationLoss }) => validationLoss !== undefined);
  return {
    columns: [
      "Epoch",
      "Training loss",
      "Training accuracy",
      ...(hasValidation ? ["Validation loss", "Validation accuracy"] : []),
      "Learning rate",
      "Images/s",
      "Seconds",
    ],
    rows: history.map((record) => [
      String(record.epoch),
      record.trainLoss.toFixed(4),
      record.trainAccuracy.toFixed(3),
      ...(hasValidation
        ? [record.validationLoss?.toFixed(4) ?? "", record.validationAccuracy?.toFixed(3) ?? ""]
        : []),
      String(Number(record.learningRate.toPrecision(3))),
      record.imagesPerSecond.toFixed(1),
      record.seconds.toFixed(1),
    ]),
  };
}

/** Five digits are more than a screen shows. */
function short(value: number | undefined): number | null {
  return value === undefined || !Number.isFinite(value) ? null : Number(value.toPrecision(5));
}

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
