import { request } from "node:http";

import { EnvironmentError, SightbookError } from "../../errors.js";
import { errorCode } from "../../files.js";
import type { RecordingOptions } from "../recording.js";

/** What a supervisor says about itself. */
export interface SupervisorStatus {
  readonly state: "starting" | "running";
  readonly pid: number;
  /** The process that takes over when this one dies. */
  readonly standbyPid?: number | undefined;
  readonly endpoint: string;
  readonly version: string;
  readonly replicas: number;
  /** Ids of the processes that score. */
  readonly replicaPids: readonly number[];
}

export type Order =
  | { readonly kind: "status" }
  | { readonly kind: "deploy"; readonly version: string }
  | { readonly kind: "scale"; readonly replicas: number }
  | { readonly kind: "rollback" }
  | { readonly kind: "changeRecording"; readonly record: RecordingOptions | undefined }
  | { readonly kind: "changeKeys"; readonly keyDigests: readonly string[] }
  | { readonly kind: "stop" };

/**
 * Gives a supervisor an order through its socket and waits until it is carried out.
 *
 * @returns Its status then, or `undefined` when no supervisor listens there.
 * @throws {@link SightbookError} in the supervisor's words when it could not do it: it goes on as before.
 */
export async function giveOrder(
  socketPath: string,
  order: Order,
  { timeoutMs = 120_000, signal }: { timeoutMs?: number; signal?: AbortSignal | undefined } = {},
): Promise<SupervisorStatus | undefined> {
  const body = JSON.stringify(order);
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        socketPath,
        method: "POST",
        path: "/",
        headers: { "content-length": Buffer.byteLength(body) },
        signal,
      },
      (answer) => {
        let text = "";
        answer.setEncoding("utf8").on("data", (part: string) => (text += part));
        answer.on("end", () => {
          if (answer.statusCode === 200) resolve(JSON.parse(text) as SupervisorStatus);
          else reject(new SightbookError(text));
        });
        answer.on("error", reject);
      },
    );
    sent.setTimeout(timeoutMs, () => {
      sent.destroy(new EnvironmentError(`The supervisor did not answer within ${timeoutMs / 1000} s.`));
    });
    sent.on("error", (error) => {
      const code = errorCode(error) ?? "";
      // One that is killed while it says how it is, is nobody any more.
      const nobody =
        ["ENOENT", "ECONNREFUSED"].includes(code) || (order.kind === "status" && code === "ECONNRESET");
      if (nobody) resolve(undefined);
      else reject(error);
    });
    sent.end(body);
  });
}
