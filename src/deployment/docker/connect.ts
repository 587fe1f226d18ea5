import { existsSync } from "node:fs";
import { join } from "node:path";

import type Docker from "dockerode";

import { EnvironmentError } from "../../errors.js";

const answerTimeoutMs = 5_000;

/**
 * The Docker daemon: that of `DOCKER_HOST`, else the first socket of Docker's or Podman's that is there.
 *
 * @throws {@link EnvironmentError} when none answers within five seconds.
 */
export async function connectDocker(): Promise<Docker> {
  const { default: DockerClient } = await import("dockerode");
  const named = process.env["DOCKER_HOST"];
  const socketPath = sockets().find((path) => existsSync(path));
  if (named === undefined && socketPath === undefined)
    throw noDaemon("no socket of Docker or Podman was found");
  // Without a path dockerode follows DOCKER_HOST.
  const place = named === undefined ? { socketPath } : {};
  try {
    await new DockerClient({ ...place, timeout: answerTimeoutMs }).ping();
  } catch (error) {
    throw noDaemon(`${named ?? socketPath!} does not answer (${(error as Error).message})`, error);
  }
  return new DockerClient(place);
}

function sockets(): string[] {
  const runtime = process.env["XDG_RUNTIME_DIR"];
  return [
    "/var/run/docker.sock",
    ...(runtime ? [join(runtime, "docker.sock"), join(runtime, "podman", "podman.sock")] : []),
    "/run/podman/podman.sock",
  ];
}

/** What the daemon said when it refused a request, else what kept the request from it. */
export function daemonWords(error: unknown): string {
  const { message, json } = error as Error & { readonly json?: { readonly message?: string } };
  return json?.message ?? message;
}

function noDaemon(reason: string, cause?: unknown): EnvironmentError {
  return new EnvironmentError(
    `There is no Docker daemon: ${reason}. Start Docker, or "podman system service", or name one with DOCKER_HOST.`,
    { cause },
  );
}
