import type { V1PersistentVolumeClaim } from "@kubernetes/client-node";

import { SightbookError } from "../../errors.js";
import { checkRegistry } from "./check-registry.js";
import {
  apiStatus,
  connectCluster,
  inWords,
  readObject,
  type Cluster,
  type ClusterPlace,
} from "./cluster.js";
import type { ClusterFinding, Tell } from "./finding.js";
import { neededRights, type Right } from "./needed-rights.js";

export interface CheckOptions extends ClusterPlace {
  /** Where the image is to be; its registry is asked too. */
  readonly repository?: string | undefined;
  /** Name of a PersistentVolumeClaim for a batch's folders or a deployment's records. */
  readonly claim?: string | undefined;
}

/** Walks through what deploying to a cluster needs; what cannot be asked for lack of something before is left out. */
export async function checkCluster(
  options: CheckOptions,
  report: (finding: ClusterFinding) => void,
): Promise<boolean> {
  let isFine = true;
  const tell: Tell = (result, message) => {
    if (result === "no") isFine = false;
    report({ result, message });
  };
  const { repository } = options;
  const checks = [() => checkPlace(options, tell)];
  if (repository !== undefined) checks.push(() => checkRegistry(repository, tell));
  for (const check of checks) {
    try {
      await check();
    } catch (error) {
      if (!(error instanceof SightbookError)) throw error;
      tell("no", error.message);
    }
  }
  return isFine;
}

async function checkPlace(options: CheckOptions, tell: Tell): Promise<void> {
  const cluster = await connectCluster(options);
  tell("ok", `context ${cluster.context}, namespace ${cluster.namespace}`);
  tell("ok", `the API server answers: ${await serverVersion(cluster)}`);
  await checkNamespace(cluster, tell);
  for (const { what, rights, without } of neededRights) {
    const refused = (await Promise.all(rights.map((right) => refusedOf(cluster, right)))).flat();
    if (refused.length === 0) tell("ok", `you may ${what}`);
    else if (without === undefined) {
      tell("no", `you may not ${refused.join(", nor ")}: ask for a role in this namespace`);
    } else tell("note", `you may not ${refused.join(", nor ")}: ${without}`);
  }
  if (await isServed(cluster, "metrics.k8s.io"))
    tell("ok", "metrics are served: the autoscaler can follow the load");
  else {
    tell(
      "note",
      "no metrics are served (metrics-server): the autoscaler stays at the least number of replicas",
    );
  }
  if (options.claim !== undefined) await checkClaim(cluster, options.claim, tell);
}

/** Who may work in a namespace need not be allowed to look at it from outside. */
async function checkNamespace({ core, namespace }: Cluster, tell: Tell): Promise<void> {
  const isHidden = await inWords(`the namespace ${namespace} cannot be read`, () =>
    core.readNamespace({ name: namespace }).then(
      () => false,
      (error: unknown) => {
        if (apiStatus(error)?.code !== 403) throw error;
        return true;
      },
    ),
  );
  if (isHidden) tell("note", `you may not get namespaces: whether ${namespace} is there is not known`);
  else tell("ok", `the namespace ${namespace} is there`);
}

async function checkClaim(cluster: Cluster, name: string, tell: Tell): Promise<void> {
  const { namespace } = cluster;
  const [refused] = await refusedOf(cluster, {
    group: "",
    resource: "persistentvolumeclaims",
    verbs: ["get"],
  });
  if (refused !== undefined) {
    tell("note", `you may not ${refused}: how the claim ${name} stands is not known`);
    return;
  }
  const found = (await readObject(cluster, {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name, namespace },
  })) as V1PersistentVolumeClaim | undefined;
  if (found === undefined) {
    tell("no", `there is no PersistentVolumeClaim ${name} in the namespace ${namespace}: make it first`);
    return;
  }
  const modes = found.spec?.accessModes ?? [];
  const phase = found.status?.phase ?? "Pending";
  if (!modes.includes("ReadWriteMany")) {
    tell(
      "note",
      `the claim ${name} is ${modes.join(", ")}: pods on other nodes than the first cannot use it`,
    );
  }
  if (phase === "Bound") tell("ok", `the claim ${name} has a volume`);
  else if (phase === "Pending") tell("note", `the claim ${name} has no volume yet`);
  else tell("no", `the claim ${name} is ${phase}: its volume is gone`);
}

async function serverVersion({ config }: Cluster): Promise<string> {
  const { VersionApi } = await import("@kubernetes/client-node");
  const { gitVersion } = await inWords("The API server cannot be asked", () =>
    config.makeApiClient(VersionApi).getCode(),
  );
  return gitVersion;
}

async function isServed({ config }: Cluster, group: string): Promise<boolean> {
  const { ApisApi } = await import("@kubernetes/client-node");
  const { groups } = await inWords("The API groups cannot be listed", () =>
    config.makeApiClient(ApisApi).getAPIVersions(),
  );
  return groups.some(({ name }) => name === group);
}

/** What of a right this user does not have, such as `"create, patch jobs"`; nothing when all of it is there. */
async function refusedOf(cluster: Cluster, { group, resource, verbs }: Right): Promise<string[]> {
  const answers = await Promise.all(verbs.map((verb) => isAllowed(cluster, group, resource, verb)));
  const refused = verbs.filter((_, index) => !answers[index]);
  return refused.length === 0 ? [] : [`${refused.join(", ")} ${resource}`];
}

async function isAllowed(
  { config, namespace }: Cluster,
  group: string,
  place: string,
  verb: string,
): Promise<boolean> {
  const { AuthorizationV1Api } = await import("@kubernetes/client-node");
  const [resource = "", subresource = ""] = place.split("/");
  const { status } = await inWords("Your permissions cannot be asked for", () =>
    config.makeApiClient(AuthorizationV1Api).createSelfSubjectAccessReview({
      body: { spec: { resourceAttributes: { group, resource, subresource, verb, namespace } } },
    }),
  );
  return status?.allowed === true;
}
