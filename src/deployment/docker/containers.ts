import { randomUUID } from "node:crypto";
import { setTimeout } from "node:timers/promises";

import type Docker from "dockerode";

import { CancelledError, EnvironmentError } from "../../errors.js";
import { metricsPort, servingCommand } from "../image/image-archive.js";
import { dataPath, nodePath } from "../image/runtime-files.js";
import { recordingArguments, type RecordingOptions } from "../recording.js";

/** Everything that a container of ours carries as labels: Docker is the only place where it is kept. */
export interface ContainerSpec {
  readonly name: string;
  /** Versions of the model, the oldest first; the last one is served. */
  readonly versions: readonly string[];
  readonly replicas: number;
  readonly host: string;
  readonly port: number;
  /** SHA-256 of the primary and of the secondary key. */
  readonly keyDigests: readonly string[];
  readonly record?: RecordingOptions | undefined;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
}

export const recordsPath = `${dataPath}/records`;
export const deploymentLabel = "sightbook.deployment";
const specLabel = "sightbook.spec";
/** Milliseconds since 1970: Docker itself knows seconds. */
const startedLabel = "sightbook.started";
const readyTimeoutMs = 120_000;
/** Longer than the server takes to answer what it accepted. */
const stopTimeoutSeconds = 40;
/** So long an ending server still accepts connections: longer than the relay takes to notice. */
const drainDelayMs = 1000;

export function imageTag(name: string, version: string): string {
  return `sightbook/${name}:${version}`;
}

/** What the containers of a deployment share: the servers' sockets, and records of what they scored. */
export function volumeName(name: string): string {
  return `sightbook-${name}`;
}

export interface FoundContainer {
  readonly spec: ContainerSpec;
  readonly id: string;
  readonly isRunning: boolean;
}

/** The serving containers of deployments, or of one of them, the newest first. */
export async function findContainers(
  docker: Docker,
  name?: string,
  signal?: AbortSignal,
): Promise<FoundContainer[]> {
  const label = name === undefined ? specLabel : `${deploymentLabel}=${name}`;
  const found = await docker.listContainers({
    all: true,
    filters: { label: [label] },
    ...(signal && { abortSignal: signal }),
  });
  return found
    .filter(({ Labels }) => Labels[specLabel] !== undefined)
    .sort((a, b) => Number(b.Labels[startedLabel]) - Number(a.Labels[startedLabel]))
    .map(({ Id, State, Labels }) => ({
      id: Id,
      isRunning: State === "running",
      spec: JSON.parse(Labels[specLabel]!) as ContainerSpec,
    }));
}

/** What every container of ours may do: nothing but what it needs. */
export function restricted(name: string): Docker.HostConfig {
  return {
    ReadonlyRootfs: true,
    CapDrop: ["ALL"],
    SecurityOpt: ["no-new-privileges"],
    Tmpfs: { "/tmp": "rw,noexec,nosuid,size=64m" },
    Mounts: [{ Type: "volume", Source: volumeName(name), Target: dataPath }],
    PidsLimit: 1024,
    RestartPolicy: { Name: "unless-stopped" },
    LogConfig: { Type: "json-file", Config: { "max-size": "10m", "max-file": "2" } },
  };
}

/**
 * Starts a serving container and waits until it can score.
 *
 * @throws {@link EnvironmentError} with the end of its log when it cannot; it is removed then.
 */
export async function startContainer(
  docker: Docker,
  spec: ContainerSpec,
  signal: AbortSignal | undefined,
): Promise<FoundContainer> {
  const version = spec.versions.at(-1)!;
  const id = `${version}-${randomUUID().slice(0, 4)}`;
  const socket = `${dataPath}/${id}.sock`;
  const seconds = 1e9;
  const container = await docker.createContainer({
    name: `sightbook-${spec.name}-${id}`,
    Image: imageTag(spec.name, version),
    Cmd: servingCommand([
      `--socket=${socket}`,
      `--name=${spec.name}`,
      `--model-version=${version}`,
      `--workers=${spec.replicas}`,
      `--drain-delay-ms=${drainDelayMs}`,
      ...recordingArguments(recordsPath, spec.record),
    ]),
    Env: [`SIGHTBOOK_KEY_DIGESTS=${spec.keyDigests.join(",")}`],
    Labels: {
      [deploymentLabel]: spec.name,
      [specLabel]: JSON.stringify(spec),
      [startedLabel]: String(Date.now()),
    },
    ExposedPorts: { [`${metricsPort}/tcp`]: {} },
    Healthcheck: {
      Test: ["CMD", nodePath, "-e", probeOf(socket)],
      Interval: 10 * seconds,
      Timeout: 5 * seconds,
      StartPeriod: 60 * seconds,
      Retries: 3,
    },
    HostConfig: restricted(spec.name),
  });
  try {
    await container.start();
    await untilReady(container, spec, signal);
    return { id: container.id, spec, isRunning: true };
  } catch (error) {
    await container.remove({ force: true, v: true });
    throw error;
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

/** Runs a program in a container. @returns What it printed. */
export async function runIn(container: Docker.Container, command: readonly string[]): Promise<string> {
  const run = await container.exec({ Cmd: [...command], AttachStdout: true, AttachStderr: true });
  const stream = await run.start({ hijack: false, stdin: false });
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer);
  const printed = demultiplexed(Buffer.concat(parts));
  const { ExitCode } = await run.inspect();
  if (ExitCode === 0) return printed;
  throw new EnvironmentError(`A program in the container failed: ${printed.slice(-1000)}`);
}

/** Waits for the line that the server prints when it can score: its socket is out of reach from here. */
async function untilReady(
  container: Docker.Container,
  { name }: ContainerSpec,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (const end = performance.now() + readyTimeoutMs; ;) {
    if (signal?.aborted === true) throw new CancelledError("Deploying was cancelled.");
    const { State, RestartCount } = await container.inspect();
    const log = await containerLog(container, 10);
    const failed = (what: string): EnvironmentError =>
      new EnvironmentError(`The container of ${name} ${what}. Its log ends with:\n${log}`);
    if (!State.Running || RestartCount > 0) throw failed(`ended with code ${State.ExitCode}`);
    if (log.includes('{"event":"ready"')) return;
    if (performance.now() > end) throw failed(`was not ready within ${readyTimeoutMs / 1000} s`);
    await setTimeout(100);
  }
}

function probeOf(socketPath: string): string {
  const options = JSON.stringify({ socketPath, path: "/readyz" });
  const exit = (code: string): string => `process.exit(${code})`;
  return `require("http").get(${options},(r)=>${exit("r.statusCode===200?0:1")}).on("error",()=>${exit("1")})`;
}

/** Docker sends both outputs through one stream, in frames with a header of eight bytes; Podman does alike. */
export function demultiplexed(log: Buffer): string {
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
