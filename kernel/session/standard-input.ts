import process from "node:process";
import { Readable } from "node:stream";
import { setTimeout } from "node:timers";

import type { Input } from "./input.js";

/**
 * A stream that wants more is asked for a line only if it still wants it after this time: `readline` reads ahead, and is
 * closed or paused by its user in the turn after the line that was wanted.
 */
const SETTLE_MS = 50;

/** Puts a stream in place of the process's stdin that asks the front end for each line, as `readline` then does. */
export function installStandardInput(input: Input): void {
  const stdin: Readable = new Readable({
    highWaterMark: 1,
    read: () => {
      setTimeout(() => {
        if (stdin.readableFlowing !== true && stdin.listenerCount("readable") === 0) {
          waiting = true;
          return;
        }
        waiting = false;
        input.line().then(
          (line) => stdin.push(`${line}\n`),
          (error: unknown) => stdin.emit("error", error),
        );
      }, SETTLE_MS);
    },
  });
  let waiting = false;
  // A paused stream that is resumed does not ask again for what it asked already.
  stdin.on("resume", () => {
    if (waiting) stdin._read(1);
  });
  Object.defineProperty(process, "stdin", { value: stdin, configurable: true, enumerable: true });
}
