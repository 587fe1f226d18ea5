import type {
  AppsV1Api,
  CoreV1Api,
  KubeConfig,
  KubernetesObject,
  KubernetesObjectApi,
} from "@kubernetes/client-node";

import { ArgumentError, EnvironmentError } from "../../errors.js";

/** Which cluster, and where in it. */
export interface ClusterPlace {
  /** Name of a context of the kubeconfig. Default: the current one. */
  readonly context?: string | undefined;
  /** Default: that of the context, else `"default"`. */
  readonly namespace?: string | undefined;
}

/** A connection to a cluster. */
export interface Cluster {
  readonly config: KubeConfig;
  readonly context: string;
  readonly namespace: string;
  readonly objects: KubernetesObjectApi;
  readonly core: CoreV1Api;
  readonly apps: AppsV1Api;
}

/** Under this name the cluster notes which fields are ours. */
export const fieldManager = "sightbook";

const defaultRequestTimeoutMs = 60_000;

/**
 * Reads the kubeconfig (`KUBECONFIG`, else `~/.kube/config`, else that of the pod this runs in). Nothing is sent yet.
 *
 * @throws {@link EnvironmentError} when there is none; {@link ArgumentError} when it has no such context.
 */
export async function connectCluster({
  context,
  namespace,
  requestTimeoutMs = defaultRequestTimeoutMs,
}: ClusterPlace & { readonly requestTimeoutMs?: number }): Promise<Cluster> {
  const { AppsV1Api, CoreV1Api, KubeConfig, KubernetesObjectApi } = await import("@kubernetes/client-node");
  const config = new KubeConfig();
  try {
    config.loadFromDefault();
  } catch (error) {
    throw new EnvironmentError(`The kubeconfig cannot be read: ${(error as Error).message}.`, {
      cause: error,
    });
  }
  // Without a file the client library makes up a cluster on this machine.
  if (config.getContexts().every(({ name }) => name === "loaded-context")) {
    throw new EnvironmentError(
      "There is no kubeconfig: set KUBECONFIG, or put one at ~/.kube/config. Your cluster's provider has a command for it.",
    );
  }
  if (context !== undefined) {
    const names = config.getContexts().map(({ name }) => name);
    if (!names.includes(context)) {
      throw new ArgumentError("Deployment", "context", `one of the kubeconfig: ${names.join(", ")}`, context);
    }
    config.setCurrentContext(context);
  }
  limitRequests(config, requestTimeoutMs);
  const current = config.getCurrentContext();
  return {
    config,
    context: current,
    namespace: namespace ?? config.getContextObject(current)?.namespace ?? "default",
    objects: KubernetesObjectApi.makeApiClient(config),
    core: config.makeApiClient(CoreV1Api),
    apps: config.makeApiClient(AppsV1Api),
  };
}

/** The client library waits for ever for an API server that does not answer; this is where it asks before each request. */
function limitRequests(config: KubeConfig, timeoutMs: number): void {
  const authenticate = config.applySecurityAuthentication.bind(config);
  config.applySecurityAuthentication = (context) => {
    context.setSignal(AbortSignal.timeout(timeoutMs));
    return authenticate(context);
  };
}

/**
 * Applies an object: makes it, or changes the fields that are ours.
 *
 * @throws {@link EnvironmentError} in the cluster's own words: no permission, a quota, or another manager's field.
 */
export async function apply({ objects }: Cluster, object: KubernetesObject): Promise<void> {
  const { PatchStrategy } = await import("@kubernetes/client-node");
  await inWords(`${object.kind!} ${object.metadata!.name!} cannot be applied`, () =>
    objects.patch(object, undefined, undefined, fieldManager, false, PatchStrategy.ServerSideApply),
  );
}

/** @returns `undefined` when there is no such object. */
export async function readObject(
  { objects }: Cluster,
  { apiVersion, kind, metadata }: KubernetesObject,
): Promise<KubernetesObject | undefined> {
  const { name, namespace } = metadata!;
  try {
    return await objects.read({
      apiVersion: apiVersion!,
      kind: kind!,
      metadata: { name: name!, namespace: namespace! },
    });
  } catch (error) {
    if (apiStatus(error)?.code === 404) return undefined;
    throw clusterError(`${kind!} ${name!} cannot be read`, error);
  }
}

/** Runs a request to the cluster; its failure becomes one sentence. */
export async function inWords<Result>(what: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw clusterError(what, error);
  }
}

/** What the API server said when it refused. */
export function apiStatus(error: unknown): { readonly code: number; readonly message: string } | undefined {
  const { code, body } = (error ?? {}) as { code?: unknown; body?: unknown };
  if (typeof code !== "number") return undefined;
  let message = `it answered ${code}`;
  try {
    const parsed = (typeof body === "string" ? JSON.parse(body) : body) as { message?: string } | undefined;
    message = parsed?.message ?? message;
  } catch {
    // Not every proxy on the way answers in JSON.
  }
  return { code, message };
}

/** Whether asking again may help: nobody answered, or it is the server's own trouble. */
export function isPassing(error: unknown): boolean {
  const code = apiStatus((error as Error).cause)?.code;
  return code === undefined || code === 429 || code >= 500;
}

function clusterError(what: string, error: unknown): EnvironmentError {
  const status = apiStatus(error);
  const isLate = error instanceof Error && error.name === "AbortError";
  const said = error instanceof Error ? error.message : String(error);
  const reason = isLate ? "the API server did not answer in time" : (status?.message ?? said);
  const wayOut =
    status?.code === 401
      ? " Your credentials are not accepted: log in to the cluster again."
      : status?.code === 403
        ? ' "sightbook cluster check" lists what you may do.'
        : status === undefined
          ? " Is the cluster running, and reachable from here?"
          : "";
  return new EnvironmentError(`${what}: ${reason.replace(/\.$/u, "")}.${wayOut}`, { cause: error });
}
