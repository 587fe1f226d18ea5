import { formatEpoch, type EpochRecord } from "./history.js";

/**
 * How `fit` shows its progress: `"lines"` prints one line per finished epoch, `"bar"` also shows how far the
 * running epoch is, `"none"` prints nothing, and `"auto"` is a bar in a terminal or a notebook, lines elsewhere.
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

/** Shows progress to a person. */
export interface ProgressReporter {
  note(text: string): void;
  batch(progress: BatchProgress): void;
  epoch(record: EpochRecord, epochs: number): void;
  /** Leaves a tidy screen; nothing may follow. */
  close(): void;
}

/** What {@link createProgressReporter} writes to; standard output by default. */
export interface ProgressStream {
  readonly isTTY?: boolean | undefined;
  write(text: string): unknown;
}

/** The part of our kernel's `display` that progress uses: a display that is replaced as often as we like. */
type Display = (
  bundle: Readonly<Record<string, string>>,
  options: { id: string; update: boolean; raw: true },
) => Promise<void>;

/** Milliseconds between two redraws of a bar. */
const redrawMs = 200;

/** Makes the reporter for a style and the place it runs in. */
export function createProgressReporter(
  style: ProgressStyle,
  stream: ProgressStream = process.stdout,
): ProgressReporter {
  if (style === "none") return silent;
  const display = stream === process.stdout ? notebookDisplay() : undefined;
  if (style === "lines") return lineReporter(stream);
  if (display !== undefined) return displayReporter(display);
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
  return {
    note: print,
    batch: (progress) => {
      const now = performance.now();
      if (now - drawnAt < redrawMs) return;
      drawnAt = now;
      const text = formatBatch(progress);
      stream.write(`\r${text.padEnd(shown)}`);
      shown = text.length;
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

/** All lines and the bar in one display that is updated, so that a saved notebook holds the last state only. */
function displayReporter(display: Display): ProgressReporter {
  const id = `sightbook-progress-${process.pid}-${(displays += 1)}`;
  const lines: string[] = [];
  let shown = false;
  let drawnAt = -Infinity;
  const draw = (bar?: string): void => {
    const text = [...lines, ...(bar === undefined ? [] : [bar])].join("\n");
    // A front end that went away is no reason to stop a training.
    void display({ "text/plain": text }, { id, update: shown, raw: true }).catch(nothing);
    shown = true;
    drawnAt = performance.now();
  };
  return {
    note: (text) => {
      lines.push(text);
      draw();
    },
    batch: (progress) => {
      if (performance.now() - drawnAt >= redrawMs) draw(formatBatch(progress));
    },
    epoch: (record, epochs) => {
      lines.push(formatEpoch(record, epochs));
      draw();
    },
    close: () => {
      if (shown) draw();
    },
  };
}

let displays = 0;

/** Our kernel's `display`, if this runs in a notebook of it: two globals that only the kernel sets. */
function notebookDisplay(): Display | undefined {
  const globals = globalThis as { readonly jupyter?: unknown; readonly display?: unknown };
  if (globals.jupyter === undefined || typeof globals.display !== "function") return undefined;
  return globals.display as Display;
}

/** The bar of a running epoch, such as `epoch 2/15  [#####     ] 12/24  loss 0.4120  accuracy 0.871  31.0 images/s`. */
export function formatBatch(progress: BatchProgress): string {
  const cells = 20;
  const filled = Math.round((progress.step / progress.stepsPerEpoch) * cells);
  const width = String(progress.epochs).length;
  return [
    `epoch ${String(progress.epoch).padStart(width)}/${progress.epochs}`,
    `[${"#".repeat(filled)}${" ".repeat(cells - filled)}] ${progress.step}/${progress.stepsPerEpoch}`,
    `loss ${progress.meanLoss.toFixed(4)}`,
    `accuracy ${progress.accuracy.toFixed(3)}`,
    `${progress.imagesPerSecond.toFixed(1)} images/s`,
  ].join("  ");
}
