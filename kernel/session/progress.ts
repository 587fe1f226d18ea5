import type { Modules } from "../evaluation/modules.js";

/**
 * Where the library looks, when long work begins, for something that shows progress better than lines of text, and the class
 * of `sightbook/widgets` that does.
 */
const monitors = {
  "sightbook.progress": "TrainingMonitor",
  "sightbook.load-test-progress": "LoadTestMonitor",
} as const;

/**
 * Makes long work show itself as a widget though the cell imports no widgets. The library must not know them, since they
 * stand on it; so the kernel brings the two together, in the copies that the notebook itself would import.
 */
export function exposeProgress(modules: Modules): void {
  for (const [place, name] of Object.entries(monitors)) {
    const open = async (): Promise<object> => {
      const widgets = (await modules.import("sightbook/widgets")) as Readonly<
        Record<string, new () => object>
      >;
      return new widgets[name]!();
    };
    Object.defineProperty(globalThis, Symbol.for(place), {
      value: open,
      configurable: true,
      enumerable: false,
    });
  }
}
