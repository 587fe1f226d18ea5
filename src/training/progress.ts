import { notebookMonitor } from "../notebook-monitor.js";
import { formatEpoch, type EpochRecord } from "./history.js";

/**
 * How `fit` shows its progress: `"lines"` prints one line per finished epoch, `"bar"` also shows how far the
 * running epoch is, `"none"` prints nothing, and `"auto"` is a bar in a terminal, lines elsewhere. In a notebook
 * `"auto"` and `"bar"` are the training monitor.
 */
export type ProgressStyle = "auto" | "bar" | "lines" | "none";

/** Where a running epoch stands. */
export interface BatchProgress {
  /** From 1. */
  readonly epoch: number;
  readonly epochs: number;
  /** Steps finished in this epoch, from 1. */
  readonly step: number;
  readonly stepsPerEpoch: number;
  readonly learningRate: number;
  /** Loss of this step's batch before its update. */
  readonly loss: number;
  /** Mean loss of the epoch so far. */
  readonly meanLoss: number;
  /** Accuracy of the epoch so far. */
  readonly accuracy: number;
  readonly imagesPerSecond: number;
}

/** Where a look at many images stands, as when features are computed. */
export interface ImagesProgress {
  /** Images looked at, those that cannot be read included. */
  readonly done: number;
  readonly total: number;
}

/** What begins, as far as a reporter shows it. */
export interface ProgressStart {
  /** What it is in a word. Default: "Training". */
  readonly name?: string;
  /** One line, such as "ResNet18 learns 4 labels from 41 images". */
  readonly title: string;
  /** Epochs of a training that has them. */
  readonly epochs?: number;
  /** Ends the work early, as a person may ask for; a training then keeps its best weights. */
  readonly stop: () => void;
}

/** How the work ended. */
export interface ProgressOutcome {
  readonly outcome: "finished" | "stopped" | "failed";
  /** One sentence: what was kept, or what went wrong. */
  readonly message: string;
  /** Epoch whose weights were kept, from 1; 0 for none, absent where there are no epochs. */
  readonly keptEpoch?: number;
}

/**
 * Shows progress to a person. The optional methods are for places that show more than lines; each may be called at any
 * time between {@link start} and {@link end}.
 */
export interface ProgressReporter {
  start?(work: ProgressStart): void;
  /** What is being done now, such as "Loading the weights". */
  stage?(text: string): void;
  /** A fact about the run, such as its engine. */
  fact?(name: string, value: string): void;
  note(text: string): void;
  batch(progress: BatchProgress): void;
  /** @param best - Whether this epoch is the best so far. */
  epoch(record: EpochRecord, epochs: number, best?: boolean): void;
  images?(progress: ImagesProgress): void;
  end?(outcome: ProgressOutcome): void;
  /** Leaves a tidy screen; nothing may follow. */
  close(): void;
}

/** What {@link createProgressReporter} writes to; standard output by default. */
export interface ProgressStream {
  readonly isTTY?: boolean | undefined;
  write(text: string): unknown;
}

/** Milliseconds between two redraws of a bar. */
const redrawMs = 200;

/** Opens what a notebook shows progress with; `undefined` outside notebooks. */
export function notebookProgress(): (() => Promise<ProgressReporter | undefined>) | undefined {
  return notebookMonitor("sightbook.progress");
}

/** Makes the reporter for a style and the place it runs in, which may be a notebook. */
export async function openProgressReporter(style: ProgressStyle): Promise<ProgressReporter> {
  const isText = style === "none" || style === "lines";
  return (isText ? undefined : await notebookProgress()?.()) ?? createProgressReporter(style);
}

/** Makes the reporter for a style that writes text. */
export function createProgressReporter(
  style: ProgressStyle,
  stream: ProgressStream = process.stdout,
): ProgressReporter {
  if (style === "none") return silent;
  if (style === "lines") return lineReporter(stream);
  return style === "bar" || stream.isTTY === true ? barReporter(stream) : lineReporter(stream);
}

const nothing = (): void => undefined;

const silent: ProgressReporter = { note: nothing, batch: nothing, epoch: nothing, close: nothing };

function lineReporter(stream: ProgressStream): ProgressReporter {
  return {
    note: (text) => void stream.write(`${text}\n`),
    batch: nothing,
    epoch: (record, epochs) => void stream.write(`${formatEpoch(record, epochs)}\n`),
    close: nothing,
  };
}

/** One line at the bottom, redrawn over itself with a carriage return. */
function barReporter(stream: ProgressStream): ProgressReporter {
  let shown = 0;
  let drawnAt = -Infinity;
  const erase = (): string => (shown === 0 ? "" : `\r${" ".repeat(shown)}\r`);
  const print = (text: string): void => {
    stream.write(`${erase()}${text}\n`);
    shown = 0;
  };
  const draw = (format: () => string): void => {
    const now = performance.now();
    if (now - drawnAt < redrawMs) return;
    drawnAt = now;
    const text = format();
    stream.write(`\r${text.padEnd(shown)}`);
    shown = text.length;
  };
  return {
    note: print,
    batch: (progress) => {
      draw(() => formatBatch(progress));
    },
    images: (progress) => {
      draw(() => formatImages(progress));
    },
    epoch: (record, epochs) => {
      print(formatEpoch(record, epochs));
    },
    close: () => {
      if (shown > 0) stream.write(erase());
      shown = 0;
    },
  };
}

/** The bar of a look at images, such as `features  [#####     ] 12/24 images`. */
export function formatImages({ done, total }: ImagesProgress): string {
  return `features  ${bar(done, total)} images`;
}

/** The bar of a running epoch, such as `epoch 2/15  [#####     ] 12/24  loss 0.4120  accuracy 0.871  31.0 images/s`. */
export function formatBatch(progress: BatchProgress): string {
  const width = String(progress.epochs).length;
  return [
    `epoch ${String(progress.epoch).padStart(width)}/${progress.epochs}`,
    bar(progress.step, progress.stepsPerEpoch),
    `loss ${progress.meanLoss.toFixed(4)}`,
    `accuracy ${progress.accuracy.toFixed(3)}`,
    `${progress.imagesPerSecond.toFixed(1)} images/s`,
  ].join("  ");
}

function bar(done: number, total: number): string {
  const cells = 20;
  const filled = total === 0 ? 0 : Math.round((done / total) * cells);
  return `[${"#".repeat(filled)}${" ".repeat(cells - filled)}] ${done}/${total}`;
}
