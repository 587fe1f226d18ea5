import type Docker from "dockerode";

import { SightbookError } from "../../errors.js";
import { withLock } from "../../lock.js";
import { keyDigest, newKey } from "../../serving/index.js";
import { imageArchive } from "../image/image-archive.js";
import { listRecords, readRecord, recordLock, removeRecord, writeRecord } from "../records.js";
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
  startContainer,
  statusOf,
  stopContainer,
  type ContainerSpec,
  type FoundContainer,
} from "./containers.js";

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
    return (await findContainers(await connectDocker())).map(deploymentStatus);
  },
  key: async (name) => {
    const record = await readRecord("docker", name);
    if (record !== undefined) return record.key;
    throw new SightbookError(
      `The key of ${name} is on the machine that deployed it; deploy again for a new one.`,
    );
  },
  scale: (name, replicas, options) =>
    changing(name, options, async (docker) => {
      const found = await theOne(docker, name);
      return replace(docker, found, { ...found.spec, replicas }, options);
    }),
  rollback: (name, options) => changing(name, options, (docker) => rollback(docker, name, options)),
  logs: async (name, { lines = 100 }) => {
    const docker = await connectDocker();
    return containerLog(docker.getContainer((await theOne(docker, name)).id), lines);
  },
  delete: (name, options) => changing(name, options, (docker) => remove(docker, name)),
};

async function changing<Result>(
  name: string,
  { signal, onProgress }: WorkOptions,
  work: (docker: Docker) => Promise<Result>,
): Promise<Result> {
  const docker = await connectDocker();
  return withLock(recordLock("docker", name), () => work(docker), {
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
  const record = await readRecord("docker", name);
  const key = record?.key ?? newKey().key;
  options.onProgress?.("Building the image");
  await loadImage(docker, name, version, bundle);
  try {
    const versions = (found?.spec.versions ?? []).filter((one) => one !== version);
    const host = request.host ?? found?.spec.host ?? "127.0.0.1";
    const spec: ContainerSpec = {
      name,
      versions: [...versions, version].slice(-keptVersions),
      replicas: request.replicas ?? found?.spec.replicas ?? 1,
      host,
      port: (request.port || found?.spec.port) ?? (await freePort(host)),
      keyDigest: keyDigest(key),
      createdAt: found?.spec.createdAt ?? new Date().toISOString(),
    };
    const status = found
      ? await replace(docker, found, spec, options)
      : await startFirst(docker, spec, options);
    await writeRecord("docker", { name, key, endpoint: status.endpoint, version, createdAt: spec.createdAt });
    return status;
  } catch (error) {
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

async function startFirst(docker: Docker, spec: ContainerSpec, { signal, onProgress }: WorkOptions) {
  onProgress?.("Starting the container");
  const { id } = await startContainer(docker, spec, { signal });
  return deploymentStatus({ id, spec, isRunning: true });
}

/**
 * Puts another container in the place of one. The new one must have shown that it can score before the old one stops, so
 * that one that cannot never takes its place; then the address is free for as long as the new one takes to start.
 */
async function replace(
  docker: Docker,
  found: FoundContainer,
  spec: ContainerSpec,
  { signal, onProgress }: WorkOptions,
): Promise<DeploymentStatus> {
  onProgress?.("Trying the new container beside the old one");
  const trial = await startContainer(docker, spec, {
    suffix: "-trial",
    port: await freePort(spec.host),
    signal,
  });
  await stopContainer(docker, trial.id);
  onProgress?.("Replacing the container");
  await stopContainer(docker, found.id);
  const { id } = await startContainer(docker, spec).catch(async (error: unknown) => {
    await startContainer(docker, found.spec);
    throw error;
  });
  for (const version of found.spec.versions) {
    if (!spec.versions.includes(version)) await removeImage(docker, imageTag(spec.name, version));
  }
  return deploymentStatus({ id, spec, isRunning: true });
}

async function rollback(docker: Docker, name: string, options: WorkOptions): Promise<DeploymentStatus> {
  const found = await theOne(docker, name);
  const versions = found.spec.versions.slice(0, -1);
  if (versions.length === 0) {
    throw new SightbookError(`${name} has no version before this one to go back to.`);
  }
  return replace(docker, found, { ...found.spec, versions }, options);
}

async function remove(docker: Docker, name: string): Promise<boolean> {
  const found = await findContainers(docker, name);
  for (const { id } of found) await stopContainer(docker, id);
  const images = await docker.listImages({ filters: { label: [`${deploymentLabel}=${name}`] } });
  for (const { Id } of images) await removeImage(docker, Id);
  const had = (await readRecord("docker", name)) !== undefined;
  await removeRecord("docker", name);
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
