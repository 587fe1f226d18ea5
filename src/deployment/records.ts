import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { dataFolder } from "../cache.js";
import { FileError } from "../errors.js";
import { errorCode, readJson } from "../files.js";
import type { TargetName } from "./target.js";

/** What this machine remembers of a deployment that runs elsewhere. */
export interface DeploymentRecord {
  readonly name: string;
  /** Only here, and in a file that nobody else may read: the service knows no more than its hash. */
  readonly key: string;
  readonly endpoint: string;
  readonly version: string;
  readonly createdAt: string;
}

export async function writeRecord(target: TargetName, record: DeploymentRecord): Promise<void> {
  await mkdir(folderOf(target), { recursive: true, mode: 0o700 });
  // A whole new file, since the mode of one that is there would stay.
  await rm(pathOf(target, record.name), { force: true });
  await writeFile(pathOf(target, record.name), `${JSON.stringify(record, undefined, 2)}\n`, { mode: 0o600 });
}

export async function readRecord(target: TargetName, name: string): Promise<DeploymentRecord | undefined> {
  try {
    return (await readJson(pathOf(target, name))) as DeploymentRecord;
  } catch (error) {
    if (error instanceof FileError && errorCode(error.cause) === "ENOENT") return undefined;
    throw error;
  }
}

export async function removeRecord(target: TargetName, name: string): Promise<void> {
  await rm(pathOf(target, name), { force: true });
}

export async function listRecords(target: TargetName): Promise<DeploymentRecord[]> {
  const names = await readdir(folderOf(target)).catch((error: unknown) => {
    if (errorCode(error) === "ENOENT") return [];
    throw error;
  });
  const records = names
    .filter((name) => name.endsWith(".json"))
    .map((name) => readRecord(target, name.slice(0, -5)));
  return (await Promise.all(records)).filter((record) => record !== undefined);
}

/** Held while a session changes a deployment. */
export function recordLock(target: TargetName, name: string): string {
  return join(folderOf(target), `${name}.lock`);
}

function folderOf(target: TargetName): string {
  return dataFolder(`${target}-deployments`);
}

function pathOf(target: TargetName, name: string): string {
  return join(folderOf(target), `${name}.json`);
}
