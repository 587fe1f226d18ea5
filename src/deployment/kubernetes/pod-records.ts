import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";

import type { V1Status } from "@kubernetes/client-node";

import { EnvironmentError } from "../../errors.js";
import { nodePath } from "../image/runtime-files.js";
import { printRecords } from "../recording.js";
import type { Cluster } from "./cluster.js";
import { recordsPath } from "./manifests.js";
import { readyPods } from "./own-objects.js";

/** The records of all replicas; where they share a volume, one of them has all. */
export async function podRecords(cluster: Cluster, name: string, isShared: boolean): Promise<string> {
  const pods = await readyPods(cluster, name);
  const texts = await Promise.all((isShared ? pods.slice(0, 1) : pods).map((pod) => recordsIn(cluster, pod)));
  return texts.join("");
}

async function recordsIn({ config, namespace }: Cluster, pod: string): Promise<string> {
  const { Exec } = await import("@kubernetes/client-node");
  const [output, errors] = [new PassThrough(), new PassThrough()];
  const failed = (reason: string, cause?: unknown): EnvironmentError =>
    new EnvironmentError(
      `The records of ${pod} cannot be read: ${reason}. It takes "get" and "create" on "pods/exec" in this namespace.`,
      { cause },
    );
  const printed = Promise.all([text(output), text(errors)]);
  const command = [nodePath, ...printRecords(recordsPath)];
  const exec = new Exec(config);
  const status = await new Promise<V1Status>((resolve, reject) => {
    exec
      .exec(namespace, pod, "scoring", command, output, errors, null, false, resolve)
      .catch((error: unknown) => {
        reject(failed((error as { message?: string }).message ?? String(error), error));
      });
  });
  const [records, said] = await printed;
  if (status.status !== "Success") throw failed(said.trim() || (status.message ?? "the program failed"));
  return records;
}
