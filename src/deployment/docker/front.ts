import { setTimeout } from "node:timers/promises";

import type Docker from "dockerode";
import { request } from "undici";

import { EnvironmentError } from "../../errors.js";
import { relayLabel, scoringPort } from "../image/image-archive.js";
import { dataPath, nodePath } from "../image/runtime-files.js";
import { portInUse } from "../reserved-port.js";
import {
  containerLog,
  deploymentLabel,
  imageTag,
  restricted,
  statusOf,
  volumeName,
  type ContainerSpec,
} from "./containers.js";

const reachableTimeoutMs = 30_000;
/** A name for the image that the front runs, so that it stays when its version's own name goes. */
const frontVersion = "front";

function frontOf(docker: Docker, name: string): Docker.Container {
  return docker.getContainer(`sightbook-${name}`);
}

/**
 * Sees to it that the container which holds the deployment's port runs. It relays every connection to the newest server
 * that is ready, so that one version takes the place of another without a moment in which nobody listens.
 *
 * @throws {@link ArgumentError} when the port is in use.
 */
export async function ensureFront(
  docker: Docker,
  { name, host, port, versions }: ContainerSpec,
): Promise<void> {
  const front = frontOf(docker, name);
  const found = await front.inspect().catch((error: unknown) => {
    if (statusOf(error) === 404) return undefined;
    throw error;
  });
  if (found?.State.Running === true) return;
  if (found === undefined) await createFront(docker, { name, host, port, version: versions.at(-1)! });
  try {
    await front.start();
  } catch (error) {
    if (found === undefined) await removeFront(docker, name);
    const message = error instanceof Error ? error.message : "";
    const isTaken = /port is already allocated|address already in use/iu.test(message);
    throw isTaken ? portInUse(host, port) : error;
  }
}

interface FrontOptions {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly version: string;
}

async function createFront(docker: Docker, { name, host, port, version }: FrontOptions): Promise<void> {
  const image = docker.getImage(imageTag(name, version));
  const { Config } = await image.inspect();
  const relay = Config.Labels[relayLabel]!;
  await image.tag({ repo: `sightbook/${name}`, tag: frontVersion });
  await docker.createVolume({ Name: volumeName(name), Labels: { [deploymentLabel]: name } });
  await docker.createContainer({
    name: `sightbook-${name}`,
    Image: imageTag(name, frontVersion),
    Entrypoint: [nodePath, relay],
    Cmd: [dataPath, String(scoringPort)],
    Labels: { [deploymentLabel]: name },
    ExposedPorts: { [`${scoringPort}/tcp`]: {} },
    HostConfig: {
      ...restricted(name),
      PortBindings: { [`${scoringPort}/tcp`]: [{ HostIp: host, HostPort: String(port) }] },
    },
  });
}

/** Waits until the deployment answers at its address. */
export async function untilReachable(docker: Docker, name: string, endpoint: string): Promise<void> {
  for (const end = performance.now() + reachableTimeoutMs; ;) {
    const isReady = await request(`${endpoint}/readyz`, { signal: AbortSignal.timeout(5_000) }).then(
      async ({ statusCode, body }) => {
        await body.dump();
        return statusCode === 200;
      },
      () => false,
    );
    if (isReady) return;
    if (performance.now() > end) {
      const log = await containerLog(frontOf(docker, name), 10);
      throw new EnvironmentError(
        `${name} runs, but does not answer at ${endpoint}. Its log ends with:\n${log}`,
      );
    }
    await setTimeout(50);
  }
}

/** Removes the front, its image's name and the volume. */
export async function removeFront(docker: Docker, name: string): Promise<void> {
  const unlessGone = (error: unknown): void => {
    if (statusOf(error) !== 404) throw error;
  };
  await frontOf(docker, name).remove({ force: true, v: true }).catch(unlessGone);
  await docker.getVolume(volumeName(name)).remove().catch(unlessGone);
  await docker.getImage(imageTag(name, frontVersion)).remove().catch(unlessGone);
}
