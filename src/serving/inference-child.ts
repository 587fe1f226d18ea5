import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";

import { SightbookError } from "../errors.js";
import { atOnce, type FromInference, type InferenceStart, type ToInference } from "./inference-messages.js";

export type InferenceAnswer = Extract<FromInference, { readonly id: number }>;

export interface ChildEvents {
  readonly onAnswer: (answer: InferenceAnswer) => void;
  /** Called once, when a process that was ready is gone, for whatever reason. */
  readonly onExit: (reason: string) => void;
}

/** A ready inference process. */
export interface InferenceChild {
  readonly pid: number;
  send(message: ToInference): void;
  /** Ends it at once; {@link ChildEvents.onExit} follows. */
  kill(): void;
}

const script = fileURLToPath(new URL("./inference-process.js", import.meta.url));

/** What came last on standard error, for messages. */
const lastWordsLength = 500;

/**
 * Starts an inference process and waits until its model is loaded.
 *
 * @throws {@link SightbookError} with what the process said, when it cannot serve the bundle.
 */
export function startInferenceChild(
  options: InferenceStart,
  { onAnswer, onExit }: ChildEvents,
): Promise<InferenceChild> {
  const child = fork(script, {
    // Binary data must not become JSON.
    serialization: "advanced",
    // A process like this one keeps each core busy: the collector's helpers would only take turns with them.
    execArgv: ["--single-threaded-gc"],
    env: childEnvironment(options),
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  const send = (message: ToInference): void => {
    // A process that has just died answers no more; its exit says so.
    if (child.connected) child.send(message, () => undefined);
  };
  const kill = (): void => {
    child.kill("SIGKILL");
  };
  let lastWords = "";
  child.stderr!.setEncoding("utf8").on("data", (text: string) => {
    lastWords = (lastWords + text).slice(-lastWordsLength);
  });
  return new Promise((resolve, reject) => {
    let ready = false;
    child.on("message", (message: FromInference) => {
      if (message.kind === "ready") {
        ready = true;
        resolve({ pid: child.pid!, send, kill });
      } else if (message.kind === "failed") {
        reject(new SightbookError(message.message));
        kill();
      } else onAnswer(message);
    });
    child.once("error", reject);
    child.once("close", (code, signal) => {
      const how = signal === null ? `with code ${code ?? "none"}` : `by ${signal}`;
      const reason = `an inference process ended ${how}${lastWords ? `: ${lastWords.trim()}` : ""}`;
      if (ready) onExit(reason);
      else reject(new SightbookError(`While it loaded the model, ${reason}.`));
    });
    send({ kind: "start", options });
  });
}

/**
 * The server's environment without what is the server's alone. Memory in large pages, which glibc asks Linux for when told
 * so, makes a network of many megabytes of activations about a tenth faster.
 */
function childEnvironment(options: InferenceStart): NodeJS.ProcessEnv {
  const environment: NodeJS.ProcessEnv = {
    GLIBC_TUNABLES: "glibc.malloc.hugetlb=1",
    ...process.env,
    // A thread for each, and one for the network: an image that is being decoded is not waiting for another one.
    UV_THREADPOOL_SIZE: String(atOnce(options) + 1),
  };
  delete environment["SIGHTBOOK_KEY_DIGESTS"];
  return environment;
}
