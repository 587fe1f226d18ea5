import type { Modules } from "../evaluation/modules.js";

/** Where the library looks, when a training begins, for something that shows progress better than lines of text. */
const PLACE = Symbol.for("sightbook.progress");

/**
 * Makes a training show itself as a widget though the cell imports no widgets. The library must not know them, since they
 * stand on it; so the kernel brings the two together, in the copies that the notebook itself would import.
 */
export function exposeProgress(modules: Modules): void {
  const open = async (): Promise<object> => {
    const { TrainingMonitor } = (await modules.import("sightbook/widgets")) as {
      readonly TrainingMonitor: new () => object;
    };
    return new TrainingMonitor();
  };
  Object.defineProperty(globalThis, PLACE, { value: open, configurable: true, enumerable: false });
}
