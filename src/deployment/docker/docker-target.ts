import type Docker from "dockerode";

import { SightbookError } from "../../errors.js";
import { withLock } from "../../lock.js";
import { imageArchive } from "../image/image-archive.js";
import { nodePath } from "../image/runtime-files.js";
import { keysFor, rotatedKeys, type DeploymentKeys } from "../keys.js";
import {
  listRecords,
  readRecord,
  recordLock,
  removeRecord,
  unreachable,
  writeRecord,
  type DeploymentRecord,
} from "../records.js";
import { nextRecording, printRecords } from "../recording.js";
import { refuseToMove } from "../refuse-to-move.js";
import { ReservedPort } from "../reserved-port.js";
import { keptVersions } from "../target.js";
import type { DeploymentRequest, DeploymentStatus, DeploymentTarget, WorkOptions } from "../target.js";
import { connectDocker } from "./connect.js";
import { loadArchive } from "./load-archive.js";
import {
  containerLog,
  deploymentLabel,
  findContainers,
  imageTag,
  recordsPath,
  runIn,
  startContainer,
  statusOf,
  stopContainer,
  type ContainerSpec,
  type FoundContainer,
} from "./containers.js";
import { ensureFront, removeFront, untilReachable } from "./front.js";

const listTimeoutMs = 5_000;

/** Deployments as containers of a Docker or Podman daemon. */
export const dockerTarget: DeploymentTarget = {
  deploy: (request, options) => changing(request.name, options, (docker) => deploy(docker, request, options)),
  status: async (name) => {
    const [found] = await findContainers(await connectDocker(), name);
    return found && deploymentStatus(found);
  },
  list: async () => {
    const records = await listRecords("docker");
    if (records.length === 0) return [];
    try {
      const found = await findContainers(
        await connectDocker(),
        undefined,
        AbortSignal.timeout(listTimeoutMs),
      );
      // The newest of each: while one takes another's place there are two.
      return [...new Map(found.reverse().map((one) => [one.spec.name, deploymentStatus(one)])).values()];
    } catch (error) {
      return records.map((record) => unreachable(record, error));
    }
  },
  keys: async (name) => (await theRecord(name)).keys,
  rotateKey,
  scale: (name, replicas, options) => change(name, options, (spec) => ({ ...spec, replicas })),
  rollback: (name, options) => change(name, options, withoutNewest),
  logs: async (name, { lines = 100 }) => {
    const docker = await connectDocker();
    return containerLog(docker.getContainer((await theOne(docker, name)).id), lines);
  },
  records: async (name) => {
    const docker = await connectDocker();
    const container = docker.getContainer((await theOne(docker, name)).id);
    return runIn(container, [nodePath, ...printRecords(recordsPath)]);
  },
  delete: (name, options) => changing(name, options, (docker) => remove(docker, name)),
};

async function changing<Result>(
  name: string,
  { signal, onProgress }: WorkOptions,
  work: (docker: Docker) => Promise<Result>,
): Promise<Result> {
  const docker = await connectDocker();
  return withLock(recordLock({ target: "docker", name }), () => work(docker), {
    task: `session that changes ${name}`,
    signal,
    ...(onProgress && { onWait: onProgress }),
  });
}

async function deploy(
  docker: Docker,
  request: DeploymentRequest,
  options: WorkOptions,
): Promise<DeploymentStatus> {
  const { name, bundle, version } = request;
  const [found] = await findContainers(docker, name);
  if (found !== undefined) refuseToMove(request, found.spec);
  const record = await readRecord({ target: "docker", name });
  const { keys, digests } = keysFor(record?.keys, found?.spec.keyDigests);
  options.onProgress?.("Building the image");
  await loadImage(docker, name, version, bundle);
  try {
    const versions = (found?.spec.versions ?? []).filter((one) => one !== version);
    const host = request.host ?? found?.spec.host ?? "127.0.0.1";
    const status = await replace(
      docker,
      {
        name,
        versions: [...versions, version].slice(-keptVersions),
        replicas: request.replicas ?? found?.spec.replicas ?? 1,
        host,
        port: found?.spec.port ?? (request.port || (await freePort(host))),
        keyDigests: digests,
        record: nextRecording(request.record, found?.spec.record),
        createdAt: found?.spec.createdAt ?? new Date().toISOString(),
      },
      options,
    );
    const { endpoint, replicas, createdAt } = status;
    await writeRecord({ name, target: "docker", keys, endpoint, version, replicas, createdAt });
    return status;
  } catch (error) {
    if (found === undefined) await removeFront(docker, name);
    if (!found?.spec.versions.includes(version)) await removeImage(docker, imageTag(name, version));
    throw error;
  }
}

/** Builds a bundle's image from this machine's files and hands it to the daemon. @returns Bytes of its layers. */
export async function loadImage(
  docker: Docker,
  name: string,
  version: string,
  bundle: string,
): Promise<number> {
  const tag = imageTag(name, version);
  const archive = await imageArchive({ bundle, tag, labels: { [deploymentLabel]: name } });
  await loadArchive(docker, tag, archive);
  return archive.size;
}

/**
 * Puts another container in the place of those that serve. The front sends what comes anew to the new one as soon as it can
 * score, and the old ones answer what they have; when the new one cannot, nothing has changed.
 */
async function replace(
  docker: Docker,
  spec: ContainerSpec,
  { signal, onProgress }: WorkOptions,
): Promise<DeploymentStatus> {
  const old = await findContainers(docker, spec.name);
  await ensureFront(docker, spec);
  onProgress?.(old.length === 0 ? "Starting the container" : "Starting the new container beside the old one");
  const started = await startContainer(docker, spec, signal);
  const status = deploymentStatus(started);
  try {
    await untilReachable(docker, spec.name, status.endpoint);
  } catch (error) {
    await stopContainer(docker, started.id);
    throw error;
  }
  if (old.length > 0) onProgress?.("The old one answers what it has");
  for (const { id } of old) await stopContainer(docker, id);
  const versions = new Set(old.flatMap(({ spec: { versions: kept } }) => kept));
  for (const version of versions) {
    if (!spec.versions.includes(version)) await removeImage(docker, imageTag(spec.name, version));
  }
  return status;
}

async function change(
  name: string,
  options: WorkOptions,
  next: (spec: ContainerSpec) => ContainerSpec,
): Promise<DeploymentStatus> {
  return changing(name, options, async (docker) => {
    const { spec } = await theOne(docker, name);
    return replace(docker, next(spec), options);
  });
}

function withoutNewest(spec: ContainerSpec): ContainerSpec {
  const versions = spec.versions.slice(0, -1);
  if (versions.length > 0) return { ...spec, versions };
  throw new SightbookError(`${spec.name} has no version before this one to go back to.`);
}

async function rotateKey(name: string, options: WorkOptions): Promise<DeploymentKeys> {
  const record = await theRecord(name);
  const { keys, digests } = rotatedKeys(record.keys);
  await change(name, options, (spec) => ({ ...spec, keyDigests: digests }));
  await writeRecord({ ...record, keys });
  return keys;
}

async function remove(docker: Docker, name: string): Promise<boolean> {
  const found = await findContainers(docker, name);
  for (const { id } of found) await stopContainer(docker, id);
  await removeFront(docker, name);
  const images = await docker.listImages({ filters: { label: [`${deploymentLabel}=${name}`] } });
  for (const { Id } of images) await removeImage(docker, Id);
  const had = (await readRecord({ target: "docker", name })) !== undefined;
  await removeRecord({ target: "docker", name });
  return had || found.length > 0 || images.length > 0;
}

async function removeImage(docker: Docker, image: string): Promise<void> {
  await docker
    .getImage(image)
    .remove({ force: true })
    .catch((error: unknown) => {
      if (statusOf(error) !== 404) throw error;
    });
}

async function theRecord(name: string): Promise<DeploymentRecord> {
  const record = await readRecord({ target: "docker", name });
  if (record !== undefined) return record;
  throw new SightbookError(
    `The keys of ${name} are on the machine that deployed it; deploy again for one of this machine's own.`,
  );
}

async function theOne(docker: Docker, name: string): Promise<FoundContainer> {
  const [found] = await findContainers(docker, name);
  if (found !== undefined) return found;
  throw new SightbookError(`${name} has no container; deploy() makes one.`);
}

async function freePort(host: string): Promise<number> {
  const reserved = await ReservedPort.take(host, 0);
  const { port } = reserved;
  await reserved.release();
  return port;
}

function deploymentStatus({ spec, isRunning }: FoundContainer): DeploymentStatus {
  const { name, host, port, versions, replicas, createdAt } = spec;
  return {
    name,
    target: "docker",
    state: isRunning ? "running" : "stopped",
    endpoint: `http://${host === "0.0.0.0" ? "127.0.0.1" : host}:${port}`,
    version: versions.at(-1)!,
    previousVersions: versions.slice(0, -1).reverse(),
    replicas,
    readyReplicas: isRunning ? replicas : 0,
    createdAt,
  };
}
