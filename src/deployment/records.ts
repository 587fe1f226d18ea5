import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";

import { dataFolder } from "../cache.js";
import { FileError } from "../errors.js";
import { errorCode, readJson, writeFileAtomic } from "../files.js";
import type { DeploymentKeys } from "./keys.js";
import type { DeploymentStatus, TargetName } from "./target.js";

/** What this machine remembers of a deployment that runs elsewhere: its keys, and what it was when it was last changed. */
export type DeploymentRecord = Pick<
  DeploymentStatus,
  "name" | "target" | "endpoint" | "version" | "replicas" | "createdAt" | "cluster"
> & {
  /** Only here, and in a file that nobody else may read: the service knows no more than their hashes. */
  readonly keys: DeploymentKeys;
};

/** Which one: the same name may stand in several namespaces. */
export type RecordId = Pick<DeploymentRecord, "name" | "target" | "cluster">;

export async function writeRecord(record: DeploymentRecord): Promise<void> {
  await mkdir(folderOf(record.target), { recursive: true, mode: 0o700 });
  await writeFileAtomic(pathOf(record), `${JSON.stringify(record, undefined, 2)}\n`, { mode: 0o600 });
}

export async function readRecord(id: RecordId): Promise<DeploymentRecord | undefined> {
  return readRecordFile(pathOf(id));
}

export async function removeRecord(id: RecordId): Promise<void> {
  await rm(pathOf(id), { force: true });
}

export async function listRecords(target: TargetName): Promise<DeploymentRecord[]> {
  const folder = folderOf(target);
  const names = await readdir(folder).catch((error: unknown) => {
    if (errorCode(error) === "ENOENT") return [];
    throw error;
  });
  const files = names.filter((name) => /^[a-z].*\.json$/u.test(name));
  const records = await Promise.all(files.map((name) => readRecordFile(join(folder, name))));
  return records.filter((record) => record !== undefined);
}

/** Of a deployment that does not answer: what is remembered of it, and why nothing more is known. */
export function unreachable(known: Omit<DeploymentRecord, "keys">, error: unknown): DeploymentStatus {
  const { name, target, endpoint, version, replicas, createdAt, cluster } = known;
  return {
    name,
    target,
    state: "unreachable",
    problem: error instanceof Error ? error.message : String(error),
    endpoint,
    version,
    previousVersions: [],
    replicas,
    readyReplicas: 0,
    createdAt,
    ...(cluster && { cluster }),
  };
}

/** Held while a session changes a deployment. */
export function recordLock(id: RecordId): string {
  return `${pathOf(id)}.lock`;
}

async function readRecordFile(path: string): Promise<DeploymentRecord | undefined> {
  try {
    return (await readJson(path)) as DeploymentRecord;
  } catch (error) {
    if (error instanceof FileError && errorCode(error.cause) === "ENOENT") return undefined;
    throw error;
  }
}

function folderOf(target: TargetName): string {
  return dataFolder(`${target}-deployments`);
}

function pathOf({ target, name, cluster }: RecordId): string {
  const parts = cluster === undefined ? [name] : [name, cluster.namespace, cluster.context];
  return join(folderOf(target), `${parts.map(encodeURIComponent).join(",")}.json`);
}
