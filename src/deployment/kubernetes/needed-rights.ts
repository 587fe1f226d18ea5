import { objectKinds } from "./manifests.js";

/** Verbs on one kind of thing in a namespace, as a Role grants them. */
export interface Right {
  /** Empty for Kubernetes's own first one. */
  readonly group: string;
  /** Such as `"jobs"` or `"pods/log"`. */
  readonly resource: string;
  readonly verbs: readonly string[];
}

/** What somebody is to do in a namespace, and the rights that it takes. */
export interface NeededRights {
  /** Such as `"read logs"`. */
  readonly what: string;
  readonly rights: readonly Right[];
  /** What does not work without them, when deploying does. */
  readonly without?: string;
}

const verbsOfObjects = ["get", "list", "create", "patch", "delete"];

const ofObjects = objectKinds.map(({ apiVersion, kind }) => {
  const group = apiVersion.includes("/") ? apiVersion.split("/")[0]! : "";
  const resource = kind === "NetworkPolicy" ? "networkpolicies" : `${kind.toLowerCase()}s`;
  return { what: `apply ${kind}`, rights: [{ group, resource, verbs: verbsOfObjects }] };
});

/** All that this package asks of a cluster on behalf of its user. */
export const neededRights: readonly NeededRights[] = [
  ...ofObjects,
  { what: "look at pods", rights: [{ group: "", resource: "pods", verbs: ["list"] }] },
  {
    what: "set the number of replicas",
    rights: [{ group: "apps", resource: "deployments/scale", verbs: ["patch"] }],
    without: "scaling is left to the autoscaler, which needs metrics for it",
  },
  {
    what: "read logs",
    rights: [{ group: "", resource: "pods/log", verbs: ["get"] }],
    without: "logs, and what a crashed replica said last, cannot be read",
  },
  {
    what: "read records",
    rights: [{ group: "", resource: "pods/exec", verbs: ["get", "create"] }],
    without: "what a deployment has recorded cannot be read",
  },
  {
    what: "forward ports",
    rights: [{ group: "", resource: "pods/portforward", verbs: ["get", "create"] }],
    without: "services are reached from inside of the cluster, or by a load balancer, alone",
  },
  {
    what: "run batches as Jobs",
    rights: [
      { group: "batch", resource: "jobs", verbs: ["get", "create", "patch", "delete"] },
      { group: "networking.k8s.io", resource: "networkpolicies", verbs: ["create", "patch", "delete"] },
      { group: "", resource: "pods", verbs: ["list"] },
      { group: "", resource: "events", verbs: ["list"] },
    ],
    without: "batches cannot run here",
  },
];
