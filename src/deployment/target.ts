import type { DeploymentKeys } from "./keys.js";
import type { RecordingOptions } from "./recording.js";

/** Where a deployment runs. */
export type TargetName = "local" | "docker" | "kubernetes";

/** How many versions are kept, the served one among them. */
export const keptVersions = 5;

/** What is to be deployed, checked and with the defaults filled in. */
export interface DeploymentRequest {
  readonly name: string;
  /** Folder of a bundle whose every byte was checked; the target makes a copy of its own. */
  readonly bundle: string;
  /** Twelve digits that differ for any two bundles that differ. */
  readonly version: string;
  /** How many; `undefined` keeps what is there, or starts one. */
  readonly replicas: number | undefined;
  /** Port of the endpoint; `undefined` keeps what is there, or takes a free one. */
  readonly port: number | undefined;
  /** Address to listen on; `undefined` keeps what is there, or listens on this machine's loopback address. */
  readonly host: string | undefined;
  /** What is kept of what is scored; `undefined` leaves it as it is, at first nothing. */
  readonly record: RecordingOptions | boolean | undefined;
}

export interface WorkOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called with one sentence for every step. */
  readonly onProgress?: ((step: string) => void) | undefined;
}

/** What is known about a deployment. */
export interface DeploymentStatus {
  readonly name: string;
  readonly target: TargetName;
  /**
   * `"stopped"`: nothing of it runs, but its files are there, and `deploy` starts it again. `"unreachable"`: its daemon or
   * cluster does not answer, and the rest is what this machine remembers of it.
   */
  readonly state: "running" | "starting" | "stopped" | "unreachable";
  /** Why it is unreachable. */
  readonly problem?: string | undefined;
  /** Where in Kubernetes it is. */
  readonly cluster?: { readonly context: string; readonly namespace: string } | undefined;
  /** Such as `"http://127.0.0.1:5001"`. */
  readonly endpoint: string;
  /** Version of the model that is served. */
  readonly version: string;
  /** The versions that `rollback` can go back to, the newest first. */
  readonly previousVersions: readonly string[];
  /** How many replicas there should be. */
  readonly replicas: number;
  /** How many of them can score now. */
  readonly readyReplicas: number;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
}

/** A way to a service whose endpoint cannot be reached from here. */
export interface Passage {
  /** Such as `"http://127.0.0.1:40123"`. */
  readonly endpoint: string;
  close(): Promise<void>;
}

export interface LogOptions {
  /** How many of the last lines. Default 100. */
  readonly lines?: number;
}

/** A place where deployments run. Each call names one of them; none of them is touched by calls that name another. */
export interface DeploymentTarget {
  /** Starts it, or changes a running one to this model without a failed request. */
  deploy(request: DeploymentRequest, options: WorkOptions): Promise<DeploymentStatus>;
  /** `undefined` when there is none of this name. */
  status(name: string): Promise<DeploymentStatus | undefined>;
  /** Those that are there; one that is known from here and cannot be asked in time is `"unreachable"`. */
  list(): Promise<DeploymentStatus[]>;
  /** The keys that the endpoint takes. */
  keys(name: string): Promise<DeploymentKeys>;
  /** Makes a new primary key, the one before staying as the secondary. @returns The keys that it takes now. */
  rotateKey(name: string, options: WorkOptions): Promise<DeploymentKeys>;
  /**
   * Where this session can ask the service, when that is not the endpoint; open until it is closed. `undefined` when the
   * endpoint will do.
   */
  passage?(name: string): Promise<Passage | undefined>;
  scale(name: string, replicas: number, options: WorkOptions): Promise<DeploymentStatus>;
  /** Goes back to the version before; the one that was served is forgotten. */
  rollback(name: string, options: WorkOptions): Promise<DeploymentStatus>;
  logs(name: string, options: LogOptions): Promise<string>;
  /** The text of its record files, one after the other; empty when it records nothing. */
  records(name: string): Promise<string>;
  /** Removes all that it made. @returns Whether there was anything. */
  delete(name: string, options: WorkOptions): Promise<boolean>;
}
