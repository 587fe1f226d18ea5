import { setTimeout } from "node:timers/promises";

import type Docker from "dockerode";
import { request } from "undici";

import { ArgumentError, CancelledError, EnvironmentError } from "../../errors.js";
import { scoringPort, servingCommand } from "../image/image-archive.js";

/** Everything that a container of ours carries as labels: Docker is the only place where it is kept. */
export interface ContainerSpec {
  readonly name: string;
  /** Versions of the model, the oldest first; the last one is served. */
  readonly versions: readonly string[];
  readonly replicas: number;
  readonly host: string;
  readonly port: number;
  readonly keyDigest: string;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
}

export const deploymentLabel = "sightbook.deployment";
const specLabel = "sightbook.spec";
const readyTimeoutMs = 120_000;
/** Longer than the server takes to answer what it accepted. */
const stopTimeoutSeconds = 40;

export function imageTag(name: string, version: string): string {
  return `sightbook/${name}:${version}`;
}

export interface FoundContainer {
  readonly spec: ContainerSpec;
  readonly id: string;
  readonly isRunning: boolean;
}

/** The containers of deployments, or of one of them. */
export async function findContainers(docker: Docker, name?: string): Promise<FoundContainer[]> {
  const label = name === undefined ? deploymentLabel : `${deploymentLabel}=${name}`;
  const found = await docker.listContainers({ all: true, filters: { label: [label] } });
  return found
    .filter(({ Labels }) => Labels[specLabel] !== undefined)
    .map(({ Id, State, Labels }) => ({
      id: Id,
      isRunning: State === "running",
      spec: JSON.parse(Labels[specLabel]!) as ContainerSpec,
    }));
}

/**
 * Starts a container and waits until it can score.
 *
 * @throws {@link EnvironmentError} with the end of its log when it cannot; it is removed then.
 */
export async function startContainer(
  docker: Docker,
  spec: ContainerSpec,
  {
    suffix = "",
    port = spec.port,
    signal,
  }: { suffix?: string; port?: number; signal?: AbortSignal | undefined } = {},
): Promise<Docker.Container> {
  const version = spec.versions.at(-1)!;
  const container = await docker.createContainer({
    name: `sightbook-${spec.name}${suffix}`,
    Image: imageTag(spec.name, version),
    Cmd: servingCommand([`--name=${spec.name}`, `--model-version=${version}`, `--workers=${spec.replicas}`]),
    Env: [`SIGHTBOOK_KEY_DIGESTS=${spec.keyDigest}`],
    Labels: { [deploymentLabel]: spec.name, [specLabel]: JSON.stringify(spec) },
    ExposedPorts: { [`${scoringPort}/tcp`]: {} },
    HostConfig: {
      PortBindings: { [`${scoringPort}/tcp`]: [{ HostIp: spec.host, HostPort: String(port) }] },
      ReadonlyRootfs: true,
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges"],
      Tmpfs: { "/tmp": "rw,noexec,nosuid,size=64m" },
      PidsLimit: 1024,
      RestartPolicy: { Name: "unless-stopped" },
      LogConfig: { Type: "json-file", Config: { "max-size": "10m", "max-file": "2" } },
    },
  });
  try {
    await container.start();
    await untilReady(container, spec, signal);
    return container;
  } catch (error) {
    await container.remove({ force: true, v: true });
    throw portError(error, spec.host, port);
  }
}

/** Lets a container answer what it accepted, and removes it. */
export async function stopContainer(docker: Docker, id: string): Promise<void> {
  const container = docker.getContainer(id);
  // Stopping one that has ended is answered with 304.
  await container.stop({ t: stopTimeoutSeconds }).catch((error: unknown) => {
    if (statusOf(error) !== 304) throw error;
  });
  await container.remove({ force: true, v: true });
}

/** The end of a container's log. */
export async function containerLog(container: Docker.Container, lines: number): Promise<string> {
  const log: Buffer = await container.logs({ stdout: true, stderr: true, tail: lines, follow: false });
  return demultiplexed(log).trimEnd();
}

async function untilReady(
  container: Docker.Container,
  { host, name }: ContainerSpec,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (const end = performance.now() + readyTimeoutMs; ;) {
    if (signal?.aborted === true) throw new CancelledError("Deploying was cancelled.");
    const { State, RestartCount, NetworkSettings } = await container.inspect();
    const port = NetworkSettings.Ports[`${scoringPort}/tcp`]?.[0]?.HostPort;
    const address = host === "0.0.0.0" ? "127.0.0.1" : host;
    const ready =
      State.Running &&
      port !== undefined &&
      (await request(`http://${address}:${port}/readyz`).then(
        async ({ statusCode, body }) => {
          await body.dump();
          return statusCode === 200;
        },
        () => false,
      ));
    if (ready) return;
    const failed = (what: string, log: string): EnvironmentError =>
      new EnvironmentError(`The container of ${name} ${what}. Its log ends with:\n${log}`);
    if (!State.Running || RestartCount > 0) {
      throw failed(`ended with code ${State.ExitCode}`, await containerLog(container, 10));
    }
    if (performance.now() > end) {
      throw failed(`was not ready within ${readyTimeoutMs / 1000} s`, await containerLog(container, 10));
    }
    await setTimeout(100);
  }
}

/** Docker sends both outputs through one stream, in frames with a header of eight bytes; Podman does alike. */
function demultiplexed(log: Buffer): string {
  let text = "";
  for (let at = 0; at + 8 <= log.length;) {
    const size = log.readUInt32BE(at + 4);
    text += log.toString("utf8", at + 8, at + 8 + size);
    at += 8 + size;
  }
  return text;
}

export function statusOf(error: unknown): number | undefined {
  const { statusCode } = (error ?? {}) as { statusCode?: unknown };
  return typeof statusCode === "number" ? statusCode : undefined;
}

function portError(error: unknown, host: string, port: number): unknown {
  const message = error instanceof Error ? error.message : "";
  if (!/port is already allocated|address already in use/iu.test(message)) return error;
  return new ArgumentError(
    "Deployment.deploy",
    "port",
    `free on ${host}`,
    port,
    "Another program listens there; name another port, or none to take a free one.",
  );
}
