import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { CoreV1Api, KubeConfig, RbacAuthorizationV1Api } from "@kubernetes/client-node";

import type { Right } from "../../src/deployment/kubernetes/needed-rights.js";
import type { TestCluster } from "./cluster.js";

/** Makes a user of a namespace who has these rights there, and no more. @returns The path of their kubeconfig. */
export async function writeAccount(
  { kubeconfig }: TestCluster,
  {
    namespace,
    name,
    rights,
  }: { readonly namespace: string; readonly name: string; readonly rights: readonly Right[] },
): Promise<string> {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  const core = config.makeApiClient(CoreV1Api);
  const rbac = config.makeApiClient(RbacAuthorizationV1Api);
  await core.createNamespacedServiceAccount({ namespace, body: { metadata: { name } } });
  const rules = rights.map(({ group, resource, verbs }) => ({
    apiGroups: [group],
    resources: [resource],
    verbs: [...verbs],
  }));
  await rbac.createNamespacedRole({ namespace, body: { metadata: { name }, rules } });
  await rbac.createNamespacedRoleBinding({
    namespace,
    body: {
      metadata: { name },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name },
      subjects: [{ kind: "ServiceAccount", name, namespace }],
    },
  });
  const { status } = await core.createNamespacedServiceAccountToken({
    namespace,
    name,
    body: { spec: { audiences: [], expirationSeconds: 3600 } },
  });
  return writeToken(kubeconfig, name, status!.token);
}

/** Writes a kubeconfig like the administrator's with another token, into the same folder. */
export function writeToken(kubeconfig: string, name: string, token: string): string {
  const path = join(dirname(kubeconfig), `${name}.kubeconfig`);
  writeFileSync(path, readFileSync(kubeconfig, "utf8").replace(/token: "\w+"/u, `token: "${token}"`));
  return path;
}
