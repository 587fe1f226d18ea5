import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";

import { dataFolder } from "../../cache.js";
import { FileError } from "../../errors.js";
import { errorCode, readJson, writeFileAtomic } from "../../files.js";
import type { DeploymentKeys } from "../keys.js";
import type { RecordingOptions } from "../recording.js";

/** What a local deployment is to be, in `deployment.json`: enough to start it again after a crash. */
export interface LocalState {
  readonly schemaVersion: 1;
  readonly name: string;
  readonly target: "local";
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  readonly host: string;
  readonly port: number;
  readonly replicas: number;
  /** Versions of the model, the oldest first; the last one is served. */
  readonly versions: readonly string[];
  /** SHA-256 of the primary and of the secondary key. */
  readonly keyDigests: readonly string[];
  readonly record?: RecordingOptions | undefined;
}

/** The files of one local deployment. */
export interface LocalFolder {
  readonly root: string;
  readonly state: string;
  /** Who has it may score: nobody but its owner may read it. */
  readonly keys: string;
  readonly versions: string;
  readonly log: string;
  /** What was scored, where that is kept. */
  readonly records: string;
  /** Ids of its processes. */
  readonly processes: string;
  /** Where its supervisor takes orders. */
  readonly control: string;
  /** Held while a session changes the deployment; beside the folder, since deleting removes that. */
  readonly lock: string;
}

export function deploymentsFolder(): string {
  return dataFolder("deployments");
}

export function localFolder(name: string): LocalFolder {
  return folderAt(join(deploymentsFolder(), name));
}

export function folderAt(root: string): LocalFolder {
  return {
    root,
    state: join(root, "deployment.json"),
    keys: join(root, "keys.json"),
    versions: join(root, "versions"),
    log: join(root, "service.log"),
    records: join(root, "records"),
    processes: join(root, "processes.json"),
    control: join(root, "control.sock"),
    lock: `${root}.lock`,
  };
}

/** @throws {@link FileError} when it is damaged. @returns `undefined` when there is no such deployment. */
export async function readState(folder: LocalFolder): Promise<LocalState | undefined> {
  let state: unknown;
  try {
    state = await readJson(folder.state);
  } catch (error) {
    if (error instanceof FileError && errorCode(error.cause) === "ENOENT") return undefined;
    throw error;
  }
  if (!isState(state)) {
    throw new FileError(
      folder.state,
      "does not describe a deployment that this Sightbook made",
      "Delete the deployment and deploy again.",
    );
  }
  return state;
}

export async function writeState(folder: LocalFolder, state: LocalState): Promise<void> {
  await mkdir(folder.root, { recursive: true, mode: 0o700 });
  await writeFileAtomic(folder.state, `${JSON.stringify(state, undefined, 2)}\n`);
}

/** Names of all local deployments, and of whatever is left of one that was being made or deleted in a crash. */
export async function localNames(): Promise<string[]> {
  try {
    const entries = await readdir(deploymentsFolder(), { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory() && !entry.name.includes("."))
      .map(({ name }) => name);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return [];
    throw error;
  }
}

export async function readKeys(folder: LocalFolder): Promise<DeploymentKeys> {
  return (await readJson(folder.keys)) as DeploymentKeys;
}

export async function writeKeys(folder: LocalFolder, keys: DeploymentKeys): Promise<void> {
  await writeFileAtomic(folder.keys, `${JSON.stringify(keys, undefined, 2)}\n`, { mode: 0o600 });
}

export async function removeFolder(folder: LocalFolder): Promise<void> {
  await rm(folder.root, { recursive: true, force: true });
}

function isState(state: unknown): state is LocalState {
  const { schemaVersion, versions, port, replicas, keyDigests } = (state ?? {}) as Partial<LocalState>;
  return (
    schemaVersion === 1 &&
    Array.isArray(versions) &&
    versions.length > 0 &&
    Array.isArray(keyDigests) &&
    typeof port === "number" &&
    typeof replicas === "number"
  );
}
