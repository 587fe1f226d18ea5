import { mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { errorCode } from "./files.js";
import { CancelledError } from "./errors.js";

interface Owner {
  readonly pid: number;
  readonly host: string;
}

export interface LockOptions {
  /** What runs under the lock, for the messages: `"set-up"`, `"download"`. */
  readonly task: string;
  readonly signal?: AbortSignal | undefined;
  readonly onWait?: (message: string) => void;
}

/**
 * Runs `work` while no other process on this machine runs under the same lock; waits for one that does.
 *
 * The lock is a folder, which only one process can make. One whose owner has died is taken over.
 */
export async function withLock<R>(
  folder: string,
  work: () => Promise<R>,
  { task, signal, onWait }: LockOptions,
): Promise<R> {
  await mkdir(dirname(folder), { recursive: true });
  while (!(await acquire(folder))) {
    if (signal?.aborted) throw new CancelledError(`Waiting for another ${task}: cancelled.`);
    const owner = await readOwner(folder);
    if (await isAbandoned(folder, owner)) await rm(folder, { recursive: true, force: true });
    else {
      onWait?.(`another ${task} is running${owner ? ` (process ${owner.pid})` : ""}; waiting for it`);
      await setTimeout(500);
    }
  }
  try {
    return await work();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function acquire(folder: string): Promise<boolean> {
  try {
    await mkdir(folder);
  } catch (error) {
    if (errorCode(error) === "EEXIST") return false;
    throw error;
  }
  const owner: Owner = { pid: process.pid, host: hostname() };
  try {
    await writeFile(join(folder, "owner.json"), JSON.stringify(owner));
  } catch (error) {
    // On a full disk the lock is held all the same, without a name: whoever wants to make room must be able to.
    if (errorCode(error) !== "ENOSPC") throw error;
  }
  return true;
}

async function readOwner(folder: string): Promise<Owner | undefined> {
  try {
    return JSON.parse(await readFile(join(folder, "owner.json"), "utf8")) as Owner;
  } catch {
    // Being written this moment, or its process died before that: the age of the folder decides.
    return undefined;
  }
}

async function isAbandoned(folder: string, owner: Owner | undefined): Promise<boolean> {
  if (owner === undefined) {
    const made = await stat(folder).then(
      ({ mtimeMs }) => mtimeMs,
      () => Date.now(),
    );
    return Date.now() - made > 10_000;
  }
  return owner.host === hostname() && !isAlive(owner.pid);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === "EPERM";
  }
}
