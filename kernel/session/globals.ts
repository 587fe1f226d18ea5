import type { DisplayOptions, Jupyter, KernelApi, TypeErrors } from "../api.js";
import { registerKernelApi } from "../api.js";
import type { RequestContext } from "../evaluation/context.js";
import { currentContext } from "../evaluation/context.js";
import type { CellRunner } from "./cell-runner.js";
import type { Comms } from "./comms.js";
import type { Displays } from "./displays.js";
import type { Input } from "./input.js";

/** Gives cells their globals, and `sightbook/kernel` what its exports stand on. */
export function installGlobals(
  parts: {
    readonly comms: Comms;
    readonly runner: CellRunner;
    readonly displays: Displays;
    readonly input: Input;
    readonly latest: () => RequestContext | undefined;
  },
  others: Readonly<Record<string, unknown>>,
): void {
  const { comms, runner, displays, input, latest } = parts;
  const jupyter: Jupyter = {
    comms,
    get typeErrors() {
      return runner.typeErrors;
    },
    set typeErrors(value: TypeErrors) {
      if (!["error", "warn", "off"].includes(value)) {
        throw new TypeError(
          `jupyter.typeErrors: must be "error", "warn" or "off", got ${JSON.stringify(value)}.`,
        );
      }
      runner.typeErrors = value;
    },
    get signal() {
      return (currentContext() ?? latest())?.signal ?? new AbortController().signal;
    },
  };
  const api: KernelApi = {
    jupyter,
    display: (value: unknown, options: DisplayOptions = {}) => displays.display(value, options),
    clearOutput: ({ wait = false } = {}) => {
      displays.clear(wait);
    },
    prompt: (text = "", { password = false } = {}) => input.prompt(text, password),
  };
  registerKernelApi(api);
  for (const [name, value] of Object.entries({ ...api, ...others })) {
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true, enumerable: false });
  }
}
