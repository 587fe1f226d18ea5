import type { PredictionOptions, PredictionProgress } from "../evaluation/index.js";
import { cellInterrupt } from "../interrupt.js";
import { notebookProgress, type ProgressOutcome, type ProgressReporter } from "../training/index.js";

/** Work that ends sooner shows nothing, in milliseconds. */
const quickMs = 1000;

/**
 * Does `work`, a look at many images, so that a notebook shows how far it is and both the monitor's Stop and the cell's
 * interrupt end it with a `CancelledError`. Outside notebooks, and where the caller hears of the progress himself, nothing is
 * shown.
 *
 * @param name - What it is in a word, such as "Scoring".
 * @param title - One line, such as "ResNet18 scores 22 images".
 */
export async function showScoring<T>(
  name: string,
  title: string,
  options: PredictionOptions,
  work: (options: PredictionOptions) => Promise<T>,
): Promise<T> {
  const open = notebookProgress();
  if (open === undefined) return work(options);
  const stopButton = new AbortController();
  const signals = [options.signal, cellInterrupt(), stopButton.signal].filter((each) => each !== undefined);
  const signal = AbortSignal.any(signals);
  if (options.onProgress !== undefined) return work({ ...options, signal });

  let reached: PredictionProgress | undefined;
  let opening: Promise<ProgressReporter | undefined> | undefined;
  let reporter: ProgressReporter | undefined;
  const timer = setTimeout(() => {
    const stop = (): void => {
      stopButton.abort();
    };
    opening = open().then((opened) => {
      opened?.start?.({ name, title, stop });
      if (reached !== undefined) opened?.images?.(reached);
      return (reporter = opened);
    });
  }, quickMs);
  const onProgress = (progress: PredictionProgress): void => {
    reached = progress;
    reporter?.images?.(progress);
  };
  const end = async (outcome: ProgressOutcome): Promise<void> => {
    clearTimeout(timer);
    const opened = await opening;
    opened?.end?.(outcome);
    opened?.close();
  };
  try {
    const result = await work({ ...options, signal, onProgress });
    await end({ outcome: "finished", message: `Finished: ${reached?.total ?? 0} images.` });
    return result;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    await end(
      signal.aborted
        ? { outcome: "stopped", message: `Stopped after ${reached?.done ?? 0} images.` }
        : { outcome: "failed", message },
    );
    throw error;
  }
}
