import type { Comm, CommExtras, CommTarget } from "./session/comms.js";
import type { JsonObject } from "./wire/message.js";

/** How {@link display} shows a value. */
export interface DisplayOptions {
  /** Names the output, so that it can be updated. */
  readonly id?: string;
  /** Replaces the content of every output that was displayed under `id`, in whatever cell it stands. */
  readonly update?: boolean;
  /** The value is itself a MIME bundle, such as `{ "text/html": "<b>hi</b>" }`. */
  readonly raw?: boolean;
  readonly metadata?: JsonObject;
}

/** What happens to cells with type errors: they do not run, they run and complain, or nobody looks. */
export type TypeErrors = "error" | "warn" | "off";

/** Comms as a cell sees them. */
export interface CommsApi {
  /** Says what happens when a front end opens a comm to the target `name`. */
  registerTarget(name: string, target: CommTarget): void;
  unregisterTarget(name: string): void;
  /** Opens a comm to the front end's target `name`. */
  open(name: string, options?: CommExtras & { readonly data?: JsonObject; readonly id?: string }): Comm;
  /** The open comm with this id. */
  get(id: string): Comm | undefined;
}

/** The kernel as its cells see it. */
export interface Jupyter {
  readonly comms: CommsApi;
  /** The session's treatment of type errors; a cell's first line may say otherwise. */
  typeErrors: TypeErrors;
  /** Aborts when the user interrupts the cell that is running. */
  readonly signal: AbortSignal;
}

/** What a running kernel offers to its own process. */
export interface KernelApi {
  readonly jupyter: Jupyter;
  display(value: unknown, options?: DisplayOptions): Promise<void>;
  clearOutput(options?: { readonly wait?: boolean }): void;
  prompt(text?: string, options?: { readonly password?: boolean }): string;
}

const PLACE = Symbol.for("sightbook.kernel");

/** @internal Makes the kernel of this process known to {@link kernelApi}. */
export function registerKernelApi(api: KernelApi): void {
  Object.defineProperty(globalThis, PLACE, { value: api, configurable: true, enumerable: false });
}

/** Whether this process is a Sightbook kernel. */
export function insideKernel(): boolean {
  return PLACE in globalThis;
}

function kernelApi(who: string): KernelApi {
  const api = (globalThis as { [PLACE]?: KernelApi })[PLACE];
  if (api === undefined) {
    throw new Error(`${who}: works in a notebook only; run this code in a cell of the Sightbook kernel.`);
  }
  return api;
}

/**
 * Shows a value below the cell, in the richest format that it has.
 *
 * @returns A promise that resolves when it is shown; the cell waits for it in any case.
 */
export async function display(value: unknown, options: DisplayOptions = {}): Promise<void> {
  await kernelApi("display").display(value, options);
}

/** Removes what the cell has shown so far; with `wait`, only when the next output comes, which avoids a flicker. */
export function clearOutput(options: { readonly wait?: boolean } = {}): void {
  kernelApi("clearOutput").clearOutput(options);
}

/**
 * Asks the user for a line of text, and blocks the kernel until it is there.
 *
 * @throws Error when the front end cannot ask, as when a notebook is run without one.
 */
export function prompt(text = "", options: { readonly password?: boolean } = {}): string {
  return kernelApi("prompt").prompt(text, options);
}

/** The kernel: its comms, its settings, the running cell's interrupt signal. */
export const jupyter: Jupyter = {
  get comms() {
    return kernelApi("jupyter.comms").jupyter.comms;
  },
  get typeErrors() {
    return kernelApi("jupyter.typeErrors").jupyter.typeErrors;
  },
  set typeErrors(value) {
    kernelApi("jupyter.typeErrors").jupyter.typeErrors = value;
  },
  get signal() {
    return kernelApi("jupyter.signal").jupyter.signal;
  },
};
