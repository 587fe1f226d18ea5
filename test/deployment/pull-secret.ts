import { readFileSync } from "node:fs";
import { join } from "node:path";

import type { CoreV1Api } from "@kubernetes/client-node";

/** Makes the Secret with which nodes pull, out of the logins of the `docker` command. */
export async function makePullSecret(core: CoreV1Api, namespace: string, name: string): Promise<void> {
  const logins = readFileSync(join(process.env["DOCKER_CONFIG"]!, "config.json"));
  await core.createNamespacedSecret({
    namespace,
    body: {
      metadata: { name },
      type: "kubernetes.io/dockerconfigjson",
      data: { ".dockerconfigjson": logins.toString("base64") },
    },
  });
}
