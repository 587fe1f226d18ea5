import process from "node:process";
import { KeyboardInterrupt } from "../evaluation/context.js";
import { UNWIND } from "../evaluation/termination.js";
import { describeError } from "./errors.js";
import type { Streams } from "./streams.js";

/**
 * Reports errors that nobody waits for (in timers, in promises without a handler) below the cell that started them, and lets
 * the kernel live. The asynchronous context of the failed code is still in place when Node calls these handlers.
 */
export function reportStrayErrors(streams: Streams): void {
  const report = (title: string, reason: unknown) => {
    if (reason === UNWIND || reason instanceof KeyboardInterrupt) return;
    const { traceback } = describeError(reason);
    streams.write("stderr", `${title}\n${traceback.join("\n")}\n`);
  };
  process.on("uncaughtException", (error: unknown) => {
    report("Uncaught, outside of any await:", error);
  });
  process.on("unhandledRejection", (reason) => {
    report("Rejected, and nobody awaits it:", reason);
  });
  process.on("warning", (warning) => {
    streams.write("stderr", `${warning.name}: ${warning.message}\n`);
  });
}

/** Makes an exit from within a cell an error: it would take every front end's session with it. */
export function forbidExit(): void {
  const forbid = (name: string) => (): never => {
    throw new Error(
      `process.${name} would end the kernel and lose its state. ` +
        "To end this cell throw an error; to start afresh, restart the kernel from the front end's Kernel menu.",
    );
  };
  process.exit = forbid("exit");
  process.abort = forbid("abort");
  // Node's own printing of warnings would bypass the cell; see reportStrayErrors.
  process.removeAllListeners("warning");
}
