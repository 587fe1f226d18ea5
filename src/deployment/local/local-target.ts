import { existsSync } from "node:fs";
import { cp, mkdir, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";

import { CancelledError, EnvironmentError, FileError, SightbookError } from "../../errors.js";
import { errorCode, readText, systemReason } from "../../files.js";
import { withLock } from "../../lock.js";
import { keysFor, rotatedKeys, type DeploymentKeys } from "../keys.js";
import type {
  DeploymentRequest,
  DeploymentStatus,
  DeploymentTarget,
  LogOptions,
  WorkOptions,
} from "../target.js";
import { keptVersions } from "../target.js";
import { nextRecording } from "../recording.js";
import { unreachable } from "../records.js";
import { refuseToMove } from "../refuse-to-move.js";
import { ReservedPort } from "../reserved-port.js";
import { giveOrder, type Order, type SupervisorStatus } from "./control.js";
import { isAlive, livingPids, waitUntilGone } from "./processes.js";
import { lastLines, startSupervisor } from "./start-supervisor.js";
import {
  localFolder,
  localNames,
  readKeys,
  readState,
  removeFolder,
  writeKeys,
  writeState,
  type LocalFolder,
  type LocalState,
} from "./state.js";

/** How long a tidy stop may take; accepted requests are answered first. */
const stopTimeoutMs = 40_000;
/** How long a standby may take to answer after its supervisor died. */
const takeOverMs = 5_000;

/** Deployments as processes of this machine; see `supervisor.ts`. */
export const localTarget: DeploymentTarget = {
  deploy: (request, options) => changing(request.name, options, () => deploy(request, options)),
  status: async (name) => statusOf(localFolder(name)),
  list: async () => {
    const found = await Promise.all((await localNames()).map(listed));
    return found.filter((status) => status !== undefined);
  },
  keys: (name) => readKeys(localFolder(name)),
  rotateKey: (name, options) => changing(name, options, () => rotateKey(localFolder(name), options)),
  scale: (name, replicas, options) => order(name, { kind: "scale", replicas }, options),
  rollback: (name, options) => order(name, { kind: "rollback" }, options),
  logs: (name, { lines = 100 }: LogOptions) => lastLines(localFolder(name).log, lines),
  records: (name) => recordsIn(localFolder(name).records),
  delete: (name, options) => changing(name, options, () => remove(localFolder(name))),
};

async function recordsIn(folder: string): Promise<string> {
  const names = existsSync(folder) ? await readdir(folder) : [];
  const files = names.filter((name) => name.endsWith(".jsonl")).sort();
  return (await Promise.all(files.map((name) => readText(join(folder, name))))).join("");
}

/** One session changes a deployment at a time; others wait. */
function changing<Result>(
  name: string,
  { signal, onProgress }: WorkOptions,
  work: () => Promise<Result>,
): Promise<Result> {
  return withLock(localFolder(name).lock, work, {
    task: `session that changes ${name}`,
    signal,
    ...(onProgress && { onWait: onProgress }),
  });
}

async function deploy(request: DeploymentRequest, options: WorkOptions): Promise<DeploymentStatus> {
  const folder = localFolder(request.name);
  const state = await readState(folder);
  if (state === undefined) return create(request, folder, options);
  refuseToMove(request, state);
  await copyVersion(request, folder);
  const record = nextRecording(request.record, state.record);
  if (await isRunning(folder)) {
    if (request.version !== state.versions.at(-1)) options.onProgress?.("Switching to the new version");
    await told(folder, { kind: "deploy", version: request.version }, options);
    if (!isDeepStrictEqual(record, state.record)) {
      await told(folder, { kind: "changeRecording", record }, options);
    }
    const { replicas = state.replicas } = request;
    if (replicas !== state.replicas) await told(folder, { kind: "scale", replicas }, options);
  } else {
    const versions = state.versions.filter((version) => version !== request.version);
    await start(
      folder,
      {
        ...state,
        record,
        replicas: request.replicas ?? state.replicas,
        versions: [...versions, request.version].slice(-keptVersions),
      },
      options,
    ).catch(async (error: unknown) => {
      await writeState(folder, state);
      throw error;
    });
  }
  return (await statusOf(folder))!;
}

async function create(
  request: DeploymentRequest,
  folder: LocalFolder,
  options: WorkOptions,
): Promise<DeploymentStatus> {
  // What a crash may have left.
  await removeFolder(folder);
  try {
    await mkdir(folder.root, { recursive: true, mode: 0o700 });
    const { keys, digests } = keysFor(undefined);
    await writeKeys(folder, keys);
    await copyVersion(request, folder);
    await start(
      folder,
      {
        schemaVersion: 1,
        name: request.name,
        target: "local",
        createdAt: new Date().toISOString(),
        host: request.host ?? "127.0.0.1",
        port: request.port ?? 0,
        replicas: request.replicas ?? 1,
        versions: [request.version],
        keyDigests: digests,
        record: nextRecording(request.record, undefined),
      },
      options,
    );
  } catch (error) {
    await remove(folder);
    throw error;
  }
  return (await statusOf(folder))!;
}

async function rotateKey(folder: LocalFolder, options: WorkOptions): Promise<DeploymentKeys> {
  const { keys, digests } = rotatedKeys(await readKeys(folder));
  await isRunning(folder);
  // The service first: after a crash in between the key in the file still works.
  await told(folder, { kind: "changeKeys", keyDigests: digests }, options);
  await writeKeys(folder, keys);
  return keys;
}

async function start(folder: LocalFolder, state: LocalState, options: WorkOptions): Promise<void> {
  const { replicas } = state;
  options.onProgress?.(`Starting ${replicas} replica${replicas === 1 ? "" : "s"}`);
  const port = await ReservedPort.take(state.host, state.port);
  try {
    await writeState(folder, { ...state, port: port.port });
    await startSupervisor(folder, port, options.signal);
  } finally {
    await port.release();
  }
}

async function copyVersion({ bundle, version }: DeploymentRequest, folder: LocalFolder): Promise<void> {
  const place = join(folder.versions, version);
  const fresh = `${place}.tmp`;
  await rm(fresh, { recursive: true, force: true });
  try {
    await cp(bundle, fresh, { recursive: true });
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    throw new FileError(place, `could not be written (${systemReason(error)})`, undefined, { cause: error });
  }
  try {
    await rename(fresh, place);
  } catch (error) {
    if (errorCode(error) !== "ENOTEMPTY" && errorCode(error) !== "EEXIST") throw error;
    await rm(fresh, { recursive: true });
  }
}

async function order(name: string, given: Order, options: WorkOptions): Promise<DeploymentStatus> {
  const folder = localFolder(name);
  await changing(name, options, async () => {
    await isRunning(folder);
    await told(folder, given, options);
  });
  return (await statusOf(folder))!;
}

async function told(folder: LocalFolder, given: Order, { signal }: WorkOptions): Promise<void> {
  try {
    if ((await giveOrder(folder.control, given, { signal })) !== undefined) return;
  } catch (error) {
    if (signal?.aborted === true) throw new CancelledError("Cancelled.", { cause: error });
    throw error;
  }
  const state = await readState(folder);
  if (state === undefined) throw new SightbookError("There is no such deployment.");
  throw new EnvironmentError(`${state.name} is not running. deploy() starts it again.`);
}

/** Whether it serves; waits for one that is starting or changing its supervisor. */
async function isRunning(folder: LocalFolder): Promise<boolean> {
  const end = performance.now() + 60_000;
  for (;;) {
    const status = await supervisorStatus(folder);
    if (status === undefined) return false;
    if (status.state === "running" || performance.now() > end) return true;
    await setTimeout(100);
  }
}

/** A supervisor that died may be on its way to being replaced: then this waits for its successor. */
async function supervisorStatus(folder: LocalFolder): Promise<SupervisorStatus | undefined> {
  const end = performance.now() + takeOverMs;
  for (;;) {
    const status = await giveOrder(folder.control, { kind: "status" }, { timeoutMs: 10_000 });
    if (status !== undefined) return status;
    if (performance.now() > end || (await livingPids(folder)).length === 0) return undefined;
    await setTimeout(50);
  }
}

async function statusOf(folder: LocalFolder): Promise<DeploymentStatus | undefined> {
  const state = await readState(folder);
  if (state === undefined) return undefined;
  const running = await supervisorStatus(folder);
  const { name, target, createdAt, host, port, versions, replicas } = state;
  return {
    name,
    target,
    state: running?.state ?? "stopped",
    endpoint: running?.endpoint ?? `http://${host}:${port}`,
    version: running?.version ?? versions.at(-1)!,
    previousVersions: versions.slice(0, -1).reverse(),
    replicas: running?.replicas ?? replicas,
    readyReplicas: running?.replicaPids.length ?? 0,
    createdAt,
  };
}

/** One whose files are damaged, or whose supervisor does not answer, must not hide the others. */
async function listed(name: string): Promise<DeploymentStatus | undefined> {
  const folder = localFolder(name);
  try {
    return await statusOf(folder);
  } catch (error) {
    const state = await readState(folder).catch(() => undefined);
    const { host, port, versions = [], replicas = 0, createdAt = "" } = state ?? {};
    const endpoint = host === undefined ? "" : `http://${host}:${String(port)}`;
    const known = {
      name,
      target: "local" as const,
      endpoint,
      version: versions.at(-1) ?? "",
      replicas,
      createdAt,
    };
    return unreachable(known, error);
  }
}

/** Ends its processes, tidily if they can, and removes its files. */
async function remove(folder: LocalFolder): Promise<boolean> {
  const status = await giveOrder(folder.control, { kind: "stop" }, { timeoutMs: 10_000 }).catch(
    () => undefined,
  );
  const pids = new Set(await livingPids(folder));
  if (status !== undefined) {
    for (const pid of [status.pid, status.standbyPid, ...status.replicaPids])
      if (pid !== undefined) pids.add(pid);
    await waitUntilGone([...pids], stopTimeoutMs);
  }
  // A supervisor and its standby watch each other: both must go before either can start another.
  for (let living = [...pids].filter(isAlive); living.length > 0; living = await livingPids(folder)) {
    for (const pid of living) killNow(pid);
    await waitUntilGone(living, 5_000);
  }
  const existed = (await readState(folder).catch(() => true)) !== undefined;
  await removeFolder(folder);
  return existed;
}

function killNow(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if (errorCode(error) !== "ESRCH") throw error;
  }
}
