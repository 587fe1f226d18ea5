import { EnvironmentError } from "../../errors.js";
import { inWords, type Cluster } from "./cluster.js";
import { ours } from "./own-objects.js";

/**
 * The ends of the logs of all pods; of one that has none, such as one that waits for its image, why.
 *
 * @throws {@link EnvironmentError} when not one of them can be read.
 */
export async function podLogs({ core, namespace }: Cluster, name: string, lines: number): Promise<string> {
  const { items } = await inWords("The pods cannot be listed", () =>
    core.listNamespacedPod({ namespace, labelSelector: ours(name) }),
  );
  const pods = items.map(({ metadata }) => metadata!.name!);
  const logs = await Promise.allSettled(
    pods.map((pod) =>
      inWords(`The log of ${pod} cannot be read`, () =>
        core.readNamespacedPodLog({ name: pod, namespace, tailLines: lines }),
      ),
    ),
  );
  const failures = logs.filter((log) => log.status === "rejected");
  if (failures.length > 0 && failures.length === logs.length) throw failures[0]!.reason as EnvironmentError;
  const texts = logs.map((log, index) => {
    const text = log.status === "fulfilled" ? log.value.trimEnd() : (log.reason as EnvironmentError).message;
    return `${pods[index]!}:\n${text}`;
  });
  return texts.join("\n");
}
