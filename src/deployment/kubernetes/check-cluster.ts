import { EnvironmentError, SightbookError } from "../../errors.js";
import { connectCluster, inWords, type Cluster, type ClusterPlace } from "./cluster.js";
import { objectKinds } from "./manifests.js";

/** One thing that a deployment needs, and how it stands. */
export interface ClusterFinding {
  /** `"note"`: deploying works without it. */
  readonly result: "ok" | "no" | "note";
  readonly message: string;
}

/** Walks through what deploying to a cluster needs; what cannot be asked for lack of something before is left out. */
export async function checkCluster(
  place: ClusterPlace & { readonly repository?: string | undefined },
  report: (finding: ClusterFinding) => void,
): Promise<boolean> {
  let isFine = true;
  const tell = (result: ClusterFinding["result"], message: string): void => {
    if (result === "no") isFine = false;
    report({ result, message });
  };
  try {
    const cluster = await connectCluster(place);
    tell("ok", `context ${cluster.context}, namespace ${cluster.namespace}`);
    tell("ok", `the API server answers: ${await serverVersion(cluster)}`);
    await inWords(`the namespace ${cluster.namespace} cannot be read`, () =>
      cluster.core.readNamespace({ name: cluster.namespace }),
    );
    tell("ok", `the namespace ${cluster.namespace} is there`);
    for (const { group, resource, what, verbs } of needed()) {
      const refused = [];
      for (const verb of verbs) if (!(await isAllowed(cluster, group, resource, verb))) refused.push(verb);
      if (refused.length === 0) tell("ok", `you may ${what}`);
      else tell("no", `you may not ${refused.join(", ")} ${resource}: ask for a role in this namespace`);
    }
    const metrics = await isServed(cluster, "metrics.k8s.io");
    if (metrics) tell("ok", "metrics are served: the autoscaler can follow the load");
    else
      tell(
        "note",
        "no metrics are served (metrics-server): the autoscaler stays at the least number of replicas",
      );
    if (place.repository !== undefined) tell(...(await registry(place.repository)));
  } catch (error) {
    if (!(error instanceof SightbookError)) throw error;
    tell("no", error.message);
  }
  return isFine;
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

function needed() {
  const kinds = objectKinds.map(({ apiVersion, kind }) => ({
    group: apiVersion.includes("/") ? apiVersion.split("/")[0]! : "",
    resource: kind === "NetworkPolicy" ? "networkpolicies" : `${kind.toLowerCase()}s`,
    what: `apply ${kind}`,
    verbs: ["get", "list", "create", "patch", "delete"],
  }));
  return [...kinds, { group: "", resource: "pods", what: "look at pods", verbs: ["list"] }];
}

async function isAllowed(
  { config, namespace }: Cluster,
  group: string,
  resource: string,
  verb: string,
): Promise<boolean> {
  const { AuthorizationV1Api } = await import("@kubernetes/client-node");
  const { status } = await inWords("Your permissions cannot be asked for", () =>
    config.makeApiClient(AuthorizationV1Api).createSelfSubjectAccessReview({
      body: { spec: { resourceAttributes: { group, resource, verb, namespace } } },
    }),
  );
  return status?.allowed === true;
}

/** Whether a registry answers from here; whether the nodes reach it, only they know. */
async function registry(repository: string): Promise<[ClusterFinding["result"], string]> {
  const host = repository.split("/")[0]!;
  try {
    const { status } = await fetch(`https://${host}/v2/`, { signal: AbortSignal.timeout(10_000) });
    if (status === 200 || status === 401) return ["ok", `the registry ${host} answers`];
    throw new EnvironmentError(`it answered ${status}`);
  } catch (error) {
    return ["no", `the registry ${host} does not answer (${(error as Error).message}); is the name right?`];
  }
}
