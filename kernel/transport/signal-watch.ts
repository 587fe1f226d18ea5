import { runInThisContext } from "node:vm";
import { parentPort } from "node:worker_threads";

/*
 * A thread that tells its parent of every SIGINT, whatever the main thread is doing.
 *
 * Node hands signals to the main thread only, once that is free. The one exception is code that `node:vm` runs with
 * `breakOnSigint`: a watchdog in Node, on a thread of its own, stops it at once. So this thread sleeps in such code, and says so
 * when it is woken.
 */
const sleeping = new Int32Array(new SharedArrayBuffer(4));

/** Runs `code`, a call of one of the functions below, until a signal ends it. */
function untilSignal(code: string): void {
  try {
    runInThisContext(code, { breakOnSigint: true });
  } catch (error) {
    if ((error as { code?: unknown }).code !== "ERR_SCRIPT_EXECUTION_INTERRUPTED") throw error;
    parentPort?.postMessage("SIGINT");
  }
}

Object.assign(globalThis, {
  sleep: () => Atomics.wait(sleeping, 0, 0),
  // A signal ends the innermost code. Were there no outer one, a second signal would find nobody, and end the process.
  watch: () => {
    for (;;) untilSignal("sleep()");
  },
});

for (;;) untilSignal("watch()");
